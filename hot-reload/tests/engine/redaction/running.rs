//! Outputs of a running service about content that it rejects.

use hot_reload::source::Source;
use hot_reload::{Participant, ReloaderService, async_trait};

use super::content::Refusing;
use super::outputs;
use crate::bytes::Bytes;
use crate::log::log;
use crate::script::{Good, Script};

/// All outputs of a service that loads this content after good content, or at its start.
pub(super) async fn outputs(refusing: Refusing, text: String) -> Vec<String> {
    let text: &'static str = text.leak();
    let log = log();
    let script = Script::new(Good(""));
    let (format, kind) = (refusing.format, refusing.kind);
    let source = Bytes(script.clone()).decode(refusing);
    let (_live, control) = ReloaderService::builder(source).start().await.unwrap();
    let mut events = control.events();
    script.set(Good(text));
    let receipt = control.reload().await;
    let mut shown = vec![
        format!("{receipt:?}"),
        format!("{:?}", control.status()),
        format!("{} {:?}", control.explain(), control.explain()),
    ];
    if let Some(error) = receipt.error() {
        shown.extend(outputs::of(error));
        shown.push(format!("{:?}", events.next().await));
    }
    control.stop().await;
    let source = Bytes(Script::new(Good(text))).decode(Refusing { format, kind });
    if let Err(error) = ReloaderService::builder(source).start().await {
        shown.extend(outputs::of(&error));
    }
    shown.push(log.text());
    shown
}

/// All outputs of a service whose validator, participant or panic quotes a secret.
pub(super) async fn sentences(planted: &str) -> Vec<String> {
    let log = log();
    let script = Script::new(Good("first"));
    let quote = format!("the value {planted} is not good");
    let of_validator = quote.clone();
    let (_live, control) = script
        .builder()
        .validate(move |value: &String| match value.as_str() {
            "invalid" => Err(of_validator.clone()),
            "panic" => std::panic::panic_any(of_validator.clone()),
            _ => Ok(()),
        })
        .participant("pool", Refuses(quote))
        .start()
        .await
        .unwrap();
    let mut shown = Vec::new();
    for content in ["invalid", "panic", "refused"] {
        let mut events = control.events();
        script.set(Good(content));
        let receipt = control.reload().await;
        shown.extend(outputs::of(receipt.error().unwrap()));
        shown.push(format!("{receipt:?} {:?}", events.next().await));
        shown.push(format!("{:?} {}", control.status(), control.explain()));
    }
    control.stop().await;
    shown.push(log.text());
    shown
}

/// A component that quotes what it cannot use.
struct Refuses(String);

#[async_trait]
impl Participant<String> for Refuses {
    type Prepared = ();

    async fn prepare(
        &self,
        candidate: &String,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        match candidate.as_str() {
            "refused" => Err(self.0.clone().into()),
            _ => Ok(()),
        }
    }

    async fn commit(&self, (): ()) {}
}

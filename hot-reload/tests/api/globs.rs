//! Programs with glob imports of this crate and of another one. A name that both export is ambiguous where it is used, so
//! the root of this crate has no `Result`.
#![allow(
    clippy::wildcard_imports,
    unused_imports,
    reason = "that is what is tested"
)]

mod anyhow {
    use ::anyhow::*;
    use hot_reload::*;

    pub(crate) fn interval(config: &ReloaderConfig) -> Result<u32> {
        ensure!(config.watch_delay_sec > 0, "no interval");
        let interval = std::num::NonZeroU32::new(config.watch_delay_sec);
        interval.map(u32::from).context("no interval")
    }
}

mod io {
    use hot_reload::*;
    use std::io::*;

    pub(crate) fn write(config: &ReloaderConfig, mut to: impl Write) -> Result<()> {
        writeln!(to, "{}", config.watch_delay_sec)
    }
}

mod fmt {
    use hot_reload::*;
    use std::fmt::*;

    pub(crate) struct Shown(pub(crate) ReloaderConfig);

    impl Display for Shown {
        fn fmt(&self, f: &mut Formatter<'_>) -> Result {
            write!(f, "every {} s", self.0.watch_delay_sec)
        }
    }
}

mod thread {
    use hot_reload::*;
    use std::thread::*;

    pub(crate) fn interval(config: ReloaderConfig) -> Result<u32> {
        spawn(move || config.watch_delay_sec).join()
    }
}

mod prelude {
    use hot_reload::*;

    pub(crate) fn interval(config: &ReloaderConfig) -> Result<u32, String> {
        Ok(config.watch_delay_sec)
    }
}

mod channels {
    use hot_reload::*;
    use std::sync::*;
    use std::time::*;
    use tokio::sync::watch::*;

    pub(crate) fn interval(config: &ReloaderConfig) -> Duration {
        let (sender, receiver) = channel(Arc::new(Mutex::new(config.watch_delay_sec)));
        let _: Sender<Arc<Mutex<u32>>> = sender;
        let _: &Receiver<Arc<Mutex<u32>>> = &receiver;
        let interval = u64::from(*receiver.borrow().lock().unwrap());
        Duration::from_secs(interval)
    }
}

mod logs {
    use hot_reload::*;
    use tracing::*;

    pub(crate) fn say(config: &ReloaderConfig) {
        info!(interval = config.watch_delay_sec, "starting");
        error!("no {:?}", Level::ERROR);
    }
}

#[test]
fn glob_import_beside_another_compiles() {
    let config = hot_reload::ReloaderConfig::polling(7);
    assert_eq!(anyhow::interval(&config).unwrap(), 7);
    assert_eq!(prelude::interval(&config), Ok(7));
    let mut written = Vec::new();
    io::write(&config, &mut written).unwrap();
    assert_eq!(written, b"7\n");
    assert_eq!(channels::interval(&config).as_secs(), 7);
    logs::say(&config);
    assert_eq!(thread::interval(config.clone()).unwrap(), 7);
    assert_eq!(fmt::Shown(config).to_string(), "every 7 s");
}

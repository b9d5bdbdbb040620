//! A client that sends raw bytes.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{until, within};

/// A connection that sends raw bytes.
pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends this, and ignores errors: the server may have closed the connection.
    pub(crate) async fn send(&mut self, text: &str) {
        let _ = within(self.0.write_all(text.as_bytes())).await;
    }

    /// Says that nothing more is sent.
    pub(crate) async fn end(&mut self) {
        within(self.0.shutdown()).await.unwrap();
    }

    /// Everything that arrives until the server ends the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset ends it, too.
        let _ = within(self.0.read_to_end(&mut bytes)).await;
        String::from_utf8(bytes).unwrap()
    }

    /// Reads until this text has arrived, and no further.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut text = String::new();
        while !text.ends_with(end) {
            let mut bytes = [0; 1];
            let count = within(self.0.read(&mut bytes)).await.unwrap();
            assert!(count > 0, "the connection was closed after {text:?}");
            text.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        text
    }

    /// Sends, without reading, until a write fails because the server has closed the connection.
    pub(crate) async fn until_refused(&mut self) {
        let stream = &mut self.0;
        until(async || stream.write_all(b"a").await.err()).await;
    }
}

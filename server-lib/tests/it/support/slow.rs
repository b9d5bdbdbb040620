//! A request that has begun and ends on demand.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::within;

/// A request whose body is kept back.
pub(crate) struct Slow(TcpStream);

impl Slow {
    /// Begins the request and waits until the server asks for the body: from then on it is under way.
    pub(crate) async fn begin(address: SocketAddr, path: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut asked = [0; 25];
        within(stream.read_exact(&mut asked)).await.unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self(stream)
    }

    /// Sends the body and gives the whole response, in lower case, and the connection, which stays open.
    pub(crate) async fn end(&mut self) -> String {
        self.0.write_all(b"body").await.unwrap();
        self.response().await
    }

    /// Sends another request over the same connection.
    pub(crate) async fn again(&mut self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n");
        self.0.write_all(request.as_bytes()).await.unwrap();
        self.response().await
    }

    /// The head of the next response.
    pub(crate) async fn head(&mut self) -> String {
        self.read_until(|text| text.contains("\r\n\r\n")).await
    }

    /// The next response, of which the body must end with a full stop.
    pub(crate) async fn response(&mut self) -> String {
        self.read_until(|text| text.contains("\r\n\r\n") && text.ends_with('.'))
            .await
    }

    /// Waits for the end of the connection, before which nothing may come.
    pub(crate) async fn cut_off(&mut self) {
        let mut byte = [0];
        let end = within(self.0.read(&mut byte)).await;
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }

    async fn read_until(&mut self, whole: impl Fn(&str) -> bool) -> String {
        let mut text = String::new();
        while !whole(&text) {
            let mut bytes = [0; 1024];
            let count = within(self.0.read(&mut bytes)).await.unwrap();
            assert!(count > 0, "the connection was closed after {text:?}");
            text.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        text.to_lowercase()
    }
}

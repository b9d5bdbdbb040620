//! Decodes one part alone.

use super::Part;
use crate::error::Error;
use crate::source::decode::Decode;

impl Part {
    /// Decodes this part alone.
    ///
    /// # Errors
    ///
    /// The error of the decoder, with the name of this part.
    pub fn decode<D: Decode>(&self, decoder: &D) -> Result<D::Value, Error> {
        decoder.decode_part(self)
    }

    /// Whether the decoder has asked for a file that was not read yet, so that it runs again.
    #[cfg(feature = "dir")]
    pub(in crate::source) fn is_decoded_again(&self) -> bool {
        let included = self.context().included.as_ref();
        included.is_some_and(|included| included.has_unread())
    }

    #[cfg(not(feature = "dir"))]
    pub(super) fn is_decoded_again(&self) -> bool {
        false
    }
}

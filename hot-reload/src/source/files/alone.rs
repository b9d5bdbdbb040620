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
}

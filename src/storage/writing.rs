//! One object on its way in: parts of a bounded size, a bounded number of them in flight, and an end that is said aloud.

use bytes::BytesMut;
use object_store::{MultipartUpload, WriteMultipart};

use super::StorageError;

/// The size of a part. A store that asks for more (S3: 5 MiB) will bring its own.
const PART: usize = 1024 * 1024;
/// Parts that are being written while the next one fills.
const IN_FLIGHT: usize = 2;

/// An object that is being written. It is there only after [`Writing::finish`]; end it by that or by [`Writing::abort`].
#[derive(Debug)]
pub struct Writing {
    parts: WriteMultipart,
    filling: BytesMut,
}

impl Writing {
    pub(super) fn new(upload: Box<dyn MultipartUpload>) -> Self {
        Self { parts: WriteMultipart::new_with_chunk_size(upload, PART), filling: BytesMut::with_capacity(PART) }
    }

    /// Takes the next bytes; waits while too many parts are in flight, so that memory stays flat however fast they come.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), StorageError> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PART - self.filling.len()));
            self.filling.extend_from_slice(now);
            bytes = later;
            if self.filling.len() == PART {
                self.parts.wait_for_capacity(IN_FLIGHT).await?;
                let full = std::mem::replace(&mut self.filling, BytesMut::with_capacity(PART));
                self.parts.put(full.freeze());
            }
        }
        Ok(())
    }

    /// Makes the object, durably: when this returns, a power cut does not take it away.
    pub async fn finish(mut self) -> Result<(), StorageError> {
        self.parts.put(self.filling.split().freeze());
        self.parts.finish().await?;
        Ok(())
    }

    /// Leaves nothing behind.
    pub async fn abort(self) -> Result<(), StorageError> {
        Ok(self.parts.abort().await?)
    }
}

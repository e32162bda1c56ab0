//! The parts, one after the other, each only when it is asked for.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use multer::{Field, Multipart};
use tokio::sync::Mutex;

use super::super::body::Room;
use super::super::error_code::HttpErrorCode;
use super::super::refusal::Refusal;
use super::{Line, Rest, name};
use crate::services::uploads::{Broken, Files, IncomingFile};

/// What may stand before a part's content: a boundary and a few headers. The parser holds it in memory.
const LONGEST_HEAD: usize = 16 * 1024;

/// The parts of a body, in order.
pub(super) struct Parts {
    line: Line,
    multipart: Multipart<'static>,
}

impl Parts {
    pub(super) fn new(line: Line, boundary: String) -> Self {
        Self { multipart: Multipart::new(line.clone(), boundary), line }
    }

    /// The next part; the one before it has been read to its end.
    async fn next(&mut self) -> Result<Option<Field<'static>>, Broken> {
        self.line.bound_head(Some(LONGEST_HEAD));
        let next = self.multipart.next_field().await;
        self.line.bound_head(None);
        next.map_err(broken)
    }

    /// Reads the next part, which must have this name, whole. It takes room beside what is there already.
    pub(super) async fn text(&mut self, part: &'static str, limit: usize, room: &mut Room) -> Result<Vec<u8>, Refusal> {
        let next = self.next().await.map_err(refused)?;
        let is_wanted = |field: &Field<'_>| name::is_of(field, part);
        let mut field = next.filter(is_wanted).ok_or_else(|| {
            Refusal::malformed(
                "body",
                "operations、map、ファイルの順に送ってください",
                "send `operations`, `map`, then the files",
            )
        })?;
        let mut text = Vec::new();
        while let Some(bytes) = field.chunk().await.map_err(broken).map_err(refused)? {
            if text.len() + bytes.len() > limit {
                return Err(Refusal::new(HttpErrorCode::BodyTooLarge).at(
                    part,
                    "この部分が大きすぎます",
                    "this part is",
                ));
            }
            room.hold(bytes.len())?;
            text.extend_from_slice(&bytes);
        }
        Ok(text)
    }

    /// What follows, which are the files of these names.
    pub(super) fn into_files(self, names: Vec<String>, rest: Rest) -> PartFiles {
        let under_way = Arc::new(Mutex::new(None));
        PartFiles { names, reading: Mutex::new(Reading { parts: self, position: 0, under_way }), _rest: rest }
    }
}

/// The files of a request.
pub(super) struct PartFiles {
    names: Vec<String>,
    reading: Mutex<Reading>,
    /// Dropped last.
    _rest: Rest,
}

struct Reading {
    parts: Parts,
    /// Which of the names comes next.
    position: usize,
    /// The file that is being read; what its reader left of it is passed over.
    under_way: Arc<Mutex<Option<Field<'static>>>>,
}

impl Files for PartFiles {
    fn open<'a>(&'a self, part: &'a str) -> BoxFuture<'a, Result<IncomingFile, Broken>> {
        async move {
            let mut reading = self.reading.lock().await;
            let wanted = self.names.iter().position(|name| name == part).ok_or(Broken::Form)?;
            if wanted < reading.position {
                return Err(Broken::Form);
            }
            loop {
                let at = reading.position;
                let field = reading.advance(&self.names[at]).await?;
                if at == wanted {
                    return Ok(reading.hand_out(field).await);
                }
                pass_over(field).await?;
            }
        }
        .boxed()
    }
}

impl Reading {
    /// The next file, which must have this name.
    async fn advance(&mut self, part: &str) -> Result<Field<'static>, Broken> {
        if let Some(field) = self.under_way.lock().await.take() {
            pass_over(field).await?;
        }
        let field = self.parts.next().await?.ok_or(Broken::Form)?;
        self.position += 1;
        if name::is_of(&field, part) { Ok(field) } else { Err(Broken::Form) }
    }

    async fn hand_out(&mut self, field: Field<'static>) -> IncomingFile {
        let name = name::of_file(&field);
        *self.under_way.lock().await = Some(field);
        let bytes = stream::try_unfold(Arc::clone(&self.under_way), |under_way| async move {
            let mut field = under_way.lock().await;
            let bytes = match field.as_mut() {
                Some(field) => field.chunk().await.map_err(broken)?,
                None => None,
            };
            drop(field);
            Ok(bytes.map(|bytes: Bytes| (bytes, under_way)))
        });
        IncomingFile { name, bytes: bytes.boxed() }
    }
}

async fn pass_over(mut field: Field<'static>) -> Result<(), Broken> {
    while field.chunk().await.map_err(broken)?.is_some() {}
    Ok(())
}

/// What the parser complains of; our own complaints travel through it.
fn broken(error: multer::Error) -> Broken {
    match error {
        multer::Error::StreamReadFailed(cause) => cause.downcast_ref().copied().unwrap_or(Broken::Line),
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteStream
        | multer::Error::IncompleteHeaders => Broken::Line,
        _ => Broken::Form,
    }
}

fn refused(broken: Broken) -> Refusal {
    match broken {
        Broken::Time => Refusal::new(HttpErrorCode::BodyTimeout),
        // Nobody reads this answer.
        Broken::Line => Refusal::malformed("body", "途中で切れました", "broke off"),
        Broken::Form => Refusal::malformed(
            "body",
            "multipart/form-data の形式ではありません",
            "is not well-formed multipart/form-data",
        ),
    }
}

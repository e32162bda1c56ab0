//! Look-ups gathered: what the resolvers of one level ask for is loaded together, when they have nothing else to do.
//!
//! An operation is one task. Its resolvers hand their look-ups over with [`gather`] while they are polled; these begin when all of
//! them wait, and go on in the same task. So a batch is whole whatever the machine is doing, no time is waited, and no other thread
//! is woken. Whoever batches (a DataLoader) need only begin at once when it is polled.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, FuturesUnordered};
use futures_util::task::AtomicWaker;
use futures_util::{Stream, StreamExt};

/// A look-up that tells its outcome to whoever asked for it.
pub type LookUp = BoxFuture<'static, ()>;

/// How often resolvers that wake themselves are polled before other tasks have their turn.
const TURNS: usize = 32;

tokio::task_local! {
    /// What the resolvers that are being polled have asked for.
    static ASKED: RefCell<Vec<LookUp>>;
}

/// Takes a look-up on, for the time when every resolver of the operation waits. Outside of an operation it begins at once, in a task
/// of its own.
pub fn gather(look_up: LookUp) {
    let mut look_up = Some(look_up);
    let is_asked = ASKED.try_with(|asked| asked.borrow_mut().extend(look_up.take()));
    if let (Err(_), Some(look_up)) = (is_asked, look_up) {
        drop(tokio::spawn(look_up));
    }
}

/// Runs resolvers to their answer, with the look-ups that they ask for.
pub(super) fn run<T>(resolvers: impl Future<Output = T> + Send + 'static) -> impl Future<Output = T> + Send {
    let (mut gatherer, mut resolvers) = (Gatherer::default(), Box::pin(resolvers));
    poll_fn(move |context| gatherer.poll(context, |context| resolvers.as_mut().poll(context)))
}

/// The same for each event of a subscription.
pub(super) fn run_each<T: 'static>(mut events: BoxStream<'static, T>) -> impl Stream<Item = T> + Send {
    let mut gatherer = Gatherer::default();
    stream::poll_fn(move |context| gatherer.poll(context, |context| events.as_mut().poll_next(context)))
}

struct Gatherer {
    bell: Arc<Bell>,
    /// The bell, as resolvers ring it.
    rope: Waker,
    look_ups: FuturesUnordered<LookUp>,
}

/// Tells whether resolvers have something to do.
struct Bell {
    has_rung: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl Default for Gatherer {
    fn default() -> Self {
        let bell = Arc::new(Bell { has_rung: AtomicBool::new(true), task: AtomicWaker::new() });
        Self { rope: Waker::from(Arc::clone(&bell)), bell, look_ups: FuturesUnordered::new() }
    }
}

impl Gatherer {
    fn poll<T>(
        &mut self,
        context: &mut Context<'_>,
        mut resolvers: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.bell.task.register(context.waker());
        for _ in 0..TURNS {
            if self.bell.has_rung.swap(false, Ordering::AcqRel) {
                let turn = || (resolvers(&mut Context::from_waker(&self.rope)), ASKED.with(RefCell::take));
                let (polled, asked) = ASKED.sync_scope(RefCell::default(), turn);
                if polled.is_ready() {
                    // Of a subscription the next event is asked for without anybody having rung.
                    self.bell.has_rung.store(true, Ordering::Release);
                    return polled;
                }
                self.look_ups.extend(asked);
                // Many futures at once are not all polled in one turn: the rest of a batch may be among those that come next.
                continue;
            }
            match self.look_ups.poll_next_unpin(context) {
                Poll::Ready(Some(())) => {}
                Poll::Ready(None) | Poll::Pending if self.bell.has_rung.load(Ordering::Acquire) => {}
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::future::join_all;
    use tokio::sync::oneshot;

    use super::*;

    /// Asks for a number by a batch: the first that asks hands the look-up over, which takes what has come together by then.
    async fn ask(batches: &Arc<Mutex<Vec<usize>>>, waiting: &Arc<Mutex<Vec<oneshot::Sender<()>>>>) {
        let (sender, answer) = oneshot::channel();
        let is_first = {
            let mut waiting = waiting.lock().expect("no panic");
            waiting.push(sender);
            waiting.len() == 1
        };
        if is_first {
            let (batches, waiting) = (Arc::clone(batches), Arc::clone(waiting));
            gather(Box::pin(async move {
                let batch = std::mem::take(&mut *waiting.lock().expect("no panic"));
                batches.lock().expect("no panic").push(batch.len());
                tokio::task::yield_now().await;
                for sender in batch {
                    let _ = sender.send(());
                }
            }));
        }
        answer.await.expect("an answer");
    }

    /// Lists in lists, so long that their futures are not all polled at once: each level is one batch.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_level_is_one_batch() {
        let batches = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&batches);
        run(async move {
            let waiting = Arc::default();
            let lists = (0..200).map(|_| async {
                ask(&batches, &waiting).await;
                join_all((0..100).map(|_| ask(&batches, &waiting))).await;
            });
            join_all(lists).await;
        })
        .await;
        assert_eq!(*seen.lock().expect("no panic"), [200, 20_000]);
    }

    /// The events of a subscription come one after another, those that are there at once and those that are waited for.
    #[tokio::test]
    async fn events_follow_each_other() {
        let at_once = stream::iter(0..3);
        let waited_for = stream::iter(3..6).then(|number| async move {
            tokio::task::yield_now().await;
            number
        });
        let events: Vec<_> = run_each(at_once.chain(waited_for).boxed()).collect().await;
        assert_eq!(events, [0, 1, 2, 3, 4, 5]);
    }

    /// Resolvers that wake themselves for ever, as those of a full budget do, leave other tasks their turn.
    #[tokio::test]
    async fn who_is_never_done_does_not_hold_the_thread() {
        let busy = run(poll_fn(|context| {
            context.waker().wake_by_ref();
            Poll::<()>::Pending
        }));
        tokio::select! {
            biased;
            () = busy => panic!("it has no end"),
            () = tokio::task::yield_now() => {}
        }
    }

    /// Outside of an operation a look-up is a task.
    #[tokio::test]
    async fn alone_it_begins_at_once() {
        let (sender, answer) = oneshot::channel();
        gather(Box::pin(async move {
            let _ = sender.send(());
        }));
        answer.await.expect("an answer");
    }
}

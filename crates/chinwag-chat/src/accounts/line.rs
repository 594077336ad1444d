//! A fair queue for a limited number of concurrent turns, which nobody can fill alone. The waiting requesters get turns
//! in rotation, so one with many entries gets no more turns than one with a single entry. When the queue is full, the
//! requester with the most entries loses one.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

/// The queue. `K` identifies a requester.
pub(super) struct Line<K: Copy + Eq> {
    at_a_time: usize,
    waiting: usize,
    state: Mutex<State<K>>,
}

struct State<K: Copy + Eq> {
    running: usize,
    /// The round of the latest turn.
    round: u64,
    waiting: VecDeque<Waiting<K>>,
}

struct Waiting<K: Copy + Eq> {
    who: K,
    /// The first entry of each requester waits for the next round, the second for the one after it.
    round: u64,
    turn: oneshot::Sender<Turn<K>>,
}

/// A turn; dropping it starts the next one.
pub(super) struct Turn<K: Copy + Eq>(Arc<Line<K>>);

impl<K: Copy + Eq> Line<K> {
    /// Creates a queue with this many concurrent turns, and this many waiting entries.
    pub fn new(at_a_time: usize, waiting: usize) -> Arc<Self> {
        let state = State { running: 0, round: 0, waiting: VecDeque::new() };
        Arc::new(Self { at_a_time, waiting, state: Mutex::new(state) })
    }

    /// Waits for a turn; `None` if there is no space for one more entry of `who`.
    pub async fn turn(self: &Arc<Self>, who: K) -> Option<Turn<K>> {
        let turn = {
            let mut state = self.state.lock();
            state.waiting.retain(|waiting| !waiting.turn.is_closed());
            if state.running < self.at_a_time {
                state.running += 1;
                return Some(Turn(Arc::clone(self)));
            }
            if state.waiting.len() >= self.waiting && !state.make_room(who) {
                return None;
            }
            let round = state.of(who).map(|waiting| waiting.round).max().unwrap_or(state.round) + 1;
            let (turn, given) = oneshot::channel();
            state.waiting.push_back(Waiting { who, round, turn });
            given
        };
        turn.await.ok()
    }

    fn next(self: &Arc<Self>) {
        let next = {
            let mut state = self.state.lock();
            state.waiting.retain(|waiting| !waiting.turn.is_closed());
            let next = state.take_next();
            if next.is_none() {
                state.running -= 1;
            }
            next
        };
        if let Some(next) = next {
            // If the requester has gone meanwhile, the dropped turn passes to the next one.
            drop(next.turn.send(Turn(Arc::clone(self))));
        }
    }
}

impl<K: Copy + Eq> State<K> {
    fn of(&self, who: K) -> impl Iterator<Item = &Waiting<K>> {
        self.waiting.iter().filter(move |waiting| waiting.who == who)
    }

    /// Removes the last entry of the requester with the most, if that has clearly more than `who`; returns whether it
    /// did.
    fn make_room(&mut self, who: K) -> bool {
        let last = self.waiting.iter().enumerate().max_by_key(|(_, waiting)| waiting.round - self.round);
        let Some((last, most)) = last.map(|(last, waiting)| (last, self.of(waiting.who).count())) else {
            return false;
        };
        let makes_room = most > self.of(who).count() + 1;
        if makes_room {
            self.waiting.remove(last);
        }
        makes_room
    }

    fn take_next(&mut self) -> Option<Waiting<K>> {
        let (next, _) = self.waiting.iter().enumerate().min_by_key(|(_, waiting)| waiting.round)?;
        let next = self.waiting.remove(next)?;
        self.round = next.round;
        Some(next)
    }
}

impl<K: Copy + Eq> Drop for Turn<K> {
    fn drop(&mut self) {
        self.0.next();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Asked = tokio::task::JoinHandle<Option<Turn<&'static str>>>;

    /// Requests a turn, and returns once the request is queued or answered. (On one thread, a spawned task runs before
    /// this one is polled again.)
    async fn ask(line: &Arc<Line<&'static str>>, who: &'static str) -> Asked {
        let line = Arc::clone(line);
        let asked = tokio::spawn(async move { line.turn(who).await });
        tokio::task::yield_now().await;
        asked
    }

    #[tokio::test]
    async fn one_among_many_of_another_has_the_next_turn_but_one() {
        let line = Line::new(1, 8);
        let running = line.turn("flood").await.unwrap();
        let mut flood = Vec::new();
        for _ in 0..8 {
            flood.push(ask(&line, "flood").await);
        }
        assert!(ask(&line, "flood").await.await.unwrap().is_none(), "the line is full of it");
        let honest = ask(&line, "ana").await;
        drop(running);
        let first = flood.remove(0).await.unwrap().expect("the flood was there before");
        assert!(!honest.is_finished());
        drop(first);
        let turn = honest.await.unwrap().expect("then it is ana's turn");
        drop(turn);
        let mut served = 0;
        for asked in flood {
            served += usize::from(asked.await.unwrap().is_some());
        }
        assert_eq!(served, 6, "one of them has made room");
        assert_eq!(line.state.lock().running, 0);
    }

    #[tokio::test]
    async fn who_goes_away_holds_nobody_up() {
        let line = Line::new(1, 8);
        let running = line.turn("ana").await.unwrap();
        let (gone, waiting) = (ask(&line, "bo").await, ask(&line, "cy").await);
        gone.abort();
        assert!(gone.await.is_err());
        drop(running);
        drop(waiting.await.unwrap().expect("cy's turn"));
        assert!(line.turn("ana").await.is_some());
        assert_eq!(line.state.lock().running, 0);
    }
}

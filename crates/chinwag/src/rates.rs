//! How often: limits on what one account or one address may do. `--limits off` lifts them all; sizes and
//! access stay.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use chinwag_protocol::{ErrorCode, Refused};
use governor::clock::{Clock, DefaultClock, QuantaInstant};
use governor::{DefaultKeyedRateLimiter, NotUntil, Quota};
use parking_lot::Mutex;

use crate::store::{AccountId, RoomKey};

/// Messages one account may send: this many a second …
const SENDS_PER_SECOND: u32 = 50;
/// … after a burst of so many.
const SENDS_BURST: u32 = 500;
/// "Typing" notices of one account in one room, in a second …
const TYPING_PER_SECOND: u32 = 1;
/// … after so many at once: to begin, to stop, and to begin again.
const TYPING_BURST: u32 = 4;
/// Those of one account in all its rooms, in a second …
const TYPING_BY_ACCOUNT: u32 = 5;
/// … and those of everybody in one room: more names than that are shown by nobody.
const TYPING_IN_ROOM: u32 = 10;
/// At once, of either.
const TYPING_BURST_OF_ALL: u32 = 20;
/// Wrong passwords from one address: a burst …
const SIGN_INS_BURST: u32 = 60;
/// … and then one in so many seconds.
const SIGN_IN_SECONDS: u64 = 2;
/// Wrong passwords for one account from one address: a burst. By address, so that nobody can lock others out …
const GUESSES_BURST: u32 = 10;
/// … and then one in so many seconds.
const GUESS_SECONDS: u64 = 10;
/// Uploads of one account: a burst …
const UPLOADS_BURST: u32 = 60;
/// … and then one in so many seconds.
const UPLOAD_SECONDS: u64 = 2;

/// The rate limits, on or off. Several servers share them: what one lets through counts for all.
pub struct Rates(Option<Limiters>);

struct Limiters {
    servers: AtomicU32,
    sends: DefaultKeyedRateLimiter<AccountId>,
    typing: DefaultKeyedRateLimiter<(AccountId, RoomKey)>,
    typing_by: DefaultKeyedRateLimiter<AccountId>,
    typing_in: DefaultKeyedRateLimiter<RoomKey>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    guesses: DefaultKeyedRateLimiter<(IpAddr, String)>,
    /// Until when an address (`None`), or an address with a name, must wait.
    waiting: Mutex<HashMap<(IpAddr, Option<String>), Instant>>,
    uploads: DefaultKeyedRateLimiter<AccountId>,
}

fn quota(burst: u32, period: Duration) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(period).unwrap_or(Quota::per_second(NonZeroU32::MIN)).allow_burst(burst)
}

fn per_second(count: u32, burst: u32) -> Quota {
    quota(burst, Duration::from_secs(1) / count)
}

impl Rates {
    /// As they are by default, or lifted.
    pub fn new(on: bool) -> Self {
        Self(on.then(|| Limiters {
            servers: AtomicU32::new(1),
            sends: DefaultKeyedRateLimiter::dashmap(quota(
                SENDS_BURST,
                Duration::from_secs(1) / SENDS_PER_SECOND,
            )),
            typing: DefaultKeyedRateLimiter::dashmap(per_second(TYPING_PER_SECOND, TYPING_BURST)),
            typing_by: DefaultKeyedRateLimiter::dashmap(per_second(TYPING_BY_ACCOUNT, TYPING_BURST_OF_ALL)),
            typing_in: DefaultKeyedRateLimiter::dashmap(per_second(TYPING_IN_ROOM, TYPING_BURST_OF_ALL)),
            addresses: DefaultKeyedRateLimiter::dashmap(quota(
                SIGN_INS_BURST,
                Duration::from_secs(SIGN_IN_SECONDS),
            )),
            guesses: DefaultKeyedRateLimiter::dashmap(quota(
                GUESSES_BURST,
                Duration::from_secs(GUESS_SECONDS),
            )),
            waiting: Mutex::default(),
            uploads: DefaultKeyedRateLimiter::dashmap(quota(
                UPLOADS_BURST,
                Duration::from_secs(UPLOAD_SECONDS),
            )),
        }))
    }

    /// So many servers work on the database, each for its share of what people do.
    pub fn share(&self, servers: u32) {
        if let Some(limiters) = &self.0 {
            limiters.servers.store(servers, Ordering::Relaxed);
        }
    }

    /// One more message.
    pub fn send(&self, account: AccountId) -> Result<(), Refused> {
        let check = |limiters: &Limiters| limiters.check(&limiters.sends, SENDS_BURST, &account);
        self.0.as_ref().map_or(Ok(()), check).map_err(|wait| too_many("messages", wait))
    }

    /// Is one more "typing" notice passed on? Those beyond the rate are of no use to anybody, and are left out.
    pub fn typing(&self, account: AccountId, room: RoomKey) -> bool {
        let Some(limiters) = &self.0 else { return true };
        limiters.check(&limiters.typing, TYPING_BURST, &(account, room)).is_ok()
            && limiters.check(&limiters.typing_by, TYPING_BURST_OF_ALL, &account).is_ok()
            && limiters.check(&limiters.typing_in, TYPING_BURST_OF_ALL, &room).is_ok()
    }

    /// One more upload.
    pub fn upload(&self, account: AccountId) -> Result<(), Refused> {
        let check = |limiters: &Limiters| limiters.check(&limiters.uploads, UPLOADS_BURST, &account);
        self.0.as_ref().map_or(Ok(()), check).map_err(|wait| too_many("uploads", wait))
    }

    /// May a password be tried? Not while an address waits for its last wrong ones.
    pub fn sign_in(&self, address: IpAddr, name: &str) -> Result<(), Refused> {
        let Some(limiters) = &self.0 else { return Ok(()) };
        let waiting = limiters.waiting.lock();
        let now = Instant::now();
        for key in [(address, None), (address, Some(name.to_owned()))] {
            if let Some(left) = waiting.get(&key).and_then(|until| until.checked_duration_since(now)) {
                return Err(too_many("wrong passwords", left));
            }
        }
        Ok(())
    }

    /// A wrong password.
    pub fn sign_in_failed(&self, address: IpAddr, name: &str) {
        let Some(limiters) = &self.0 else { return };
        let name = name.to_owned();
        let guesses = limiters.check(&limiters.guesses, GUESSES_BURST, &(address, name.clone()));
        let all = limiters.check(&limiters.addresses, SIGN_INS_BURST, &address);
        for (key, result) in [((address, Some(name)), guesses), ((address, None), all)] {
            if let Err(wait) = result {
                limiters.waiting.lock().insert(key, Instant::now() + wait);
            }
        }
    }

    /// Forgets whoever has been quiet. Called every minute or so.
    pub fn forget_idle(&self) {
        let Some(limiters) = &self.0 else { return };
        limiters.sends.retain_recent();
        limiters.typing.retain_recent();
        limiters.typing_by.retain_recent();
        limiters.typing_in.retain_recent();
        limiters.addresses.retain_recent();
        limiters.guesses.retain_recent();
        limiters.uploads.retain_recent();
        let now = Instant::now();
        limiters.waiting.lock().retain(|_, until| *until > now);
    }
}

impl Limiters {
    /// One of what `burst` are allowed at once, over all servers: here it counts as many times as there are
    /// servers. Otherwise, how long to wait.
    fn check<K: Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        burst: u32,
        key: &K,
    ) -> Result<(), Duration> {
        let servers = self.servers.load(Ordering::Relaxed).clamp(1, burst);
        let cells = NonZeroU32::new(servers).unwrap_or(NonZeroU32::MIN);
        match limiter.check_key_n(key, cells) {
            // More at once than the burst is never asked for.
            Ok(Ok(())) | Err(_) => Ok(()),
            Ok(Err(until)) => Err(wait_of(until)),
        }
    }
}

fn wait_of(until: NotUntil<QuantaInstant>) -> Duration {
    until.wait_time_from(DefaultClock::default().now())
}

fn too_many(what: &str, wait: Duration) -> Refused {
    Refused::new(
        ErrorCode::TooManyRequests,
        format!("too many {what}; try again in {} s", wait.as_secs() + 1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_servers_share_what_one_account_may_send() {
        let (alone, shared) = (Rates::new(true), Rates::new(true));
        shared.share(5);
        let burst =
            |rates: &Rates| (0..).take_while(|_| rates.send(AccountId(1)).is_ok()).take(2_000).count();
        let (alone, shared) = (burst(&alone), burst(&shared));
        assert!(alone >= 500 && (100..alone / 2).contains(&shared), "{alone} and {shared}");
    }

    #[test]
    fn whoever_types_without_end_is_passed_on_a_few_times_and_leaves_room_for_others() {
        let rates = Rates::new(true);
        let (mallory, ana, general) = (AccountId(1), AccountId(2), RoomKey(1));
        let passed = (0..1_000).filter(|_| rates.typing(mallory, general)).count();
        assert!(passed < 10, "{passed} in one room");
        assert!(rates.typing(ana, general));
        let passed = (2..1_000).filter(|room| rates.typing(mallory, RoomKey(*room))).count();
        assert!(passed < 40, "{passed} in all rooms");
        let passed = (3..1_000).filter(|account| rates.typing(AccountId(*account), general)).count();
        assert!(passed < 60, "{passed} of a whole room");
    }

    #[test]
    fn wrong_passwords_slow_down_their_address_only() {
        let rates = Rates::new(true);
        let (here, there) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        for _ in 0..=GUESSES_BURST {
            assert!(rates.sign_in(here, "ana").is_ok());
            rates.sign_in_failed(here, "ana");
        }
        assert_eq!(rates.sign_in(here, "ana").unwrap_err().code, ErrorCode::TooManyRequests);
        assert!(rates.sign_in(there, "ana").is_ok() && rates.sign_in(here, "bo").is_ok());
    }
}

//! Presence: what is delivered when people come one after another who are all in one room.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::fleet::Fleet;
use crate::server::Target;
use crate::wire::{self, Frame, Version};

/// Everybody's presence that one may see.
const FILTER: &str = "users/+/presence";
/// How long nothing must have come before everything has: the server looks for changes once a second.
const QUIET: Duration = Duration::from_secs(3);

/// Connects every account of the server in turn, each with a subscription to presence; returns how many presence
/// messages were delivered, per person.
pub fn deliveries_each(target: &Target) -> Result<f64> {
    let people = target.accounts.len();
    let mut crowd = Crowd { fleet: Fleet::new(target.version)?, delivered: 0, answered: 0 };
    let subscribe = wire::subscribe(target.version, FILTER, 0)?;
    for person in 0..people {
        crowd.fleet.open(target.mqtt, &target.connect_packet(person)?)?;
        crowd.until_answered(2 * person + 1)?;
        crowd.fleet.out(person).extend_from_slice(&subscribe);
        crowd.fleet.flush(person)?;
        crowd.until_answered(2 * person + 2)?;
    }
    let (mut known, mut since) = (crowd.delivered, Instant::now());
    while since.elapsed() < QUIET {
        crowd.turn()?;
        if crowd.delivered != known {
            (known, since) = (crowd.delivered, Instant::now());
        }
    }
    ensure!(
        known >= people as u64,
        "{people} people came, but only {known} presence messages were delivered"
    );
    Ok(known as f64 / people as f64)
}

struct Crowd {
    fleet: Fleet<Version>,
    /// Presence messages received.
    delivered: u64,
    /// CONNACKs and SUBACKs received.
    answered: usize,
}

impl Crowd {
    fn until_answered(&mut self, count: usize) -> Result<()> {
        let start = Instant::now();
        while self.answered < count {
            self.turn()?;
            ensure!(start.elapsed() < Duration::from_secs(20), "person {} gets no answer", count / 2);
        }
        Ok(())
    }

    fn turn(&mut self) -> Result<()> {
        let Self { fleet, delivered, answered } = self;
        fleet.turn(Duration::from_millis(100), |_, frame| {
            match frame {
                Frame::ConnAck(code) => {
                    ensure!(code == 0, "connection refused with {code:#x}");
                    *answered += 1;
                }
                Frame::SubAck(code) => {
                    ensure!(code < 0x80, "subscription refused with {code:#x}");
                    *answered += 1;
                }
                Frame::Publish(..) => *delivered += 1,
                Frame::Disconnect(code) => anyhow::bail!("the server disconnected with {code:#x}"),
                _ => {}
            }
            Ok(())
        })
    }
}

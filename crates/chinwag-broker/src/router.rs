//! Which subscriptions a topic name reaches.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Qos;
use crate::session::{Session, Subscription};
use crate::topic;

/// One subscription of one session.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub session: Arc<Session>,
    pub qos: Qos,
    pub no_local: bool,
    pub retain_as_published: bool,
    /// 0: none.
    pub identifier: u32,
}

/// Subscriptions by account and session, so that one account's are found without a walk.
pub(crate) type Entries = BTreeMap<(u64, u64), Entry>;

/// All subscriptions with the same filter.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub plain: Entries,
    pub shared: Vec<Group>,
}

/// The members of a shared subscription [MQTT-4.8.2-4].
#[derive(Debug)]
pub(crate) struct Group {
    name: Box<str>,
    pub members: Entries,
    next: AtomicUsize,
}

impl Group {
    /// The members, beginning with the one whose turn it is.
    pub(crate) fn in_turn(&self) -> impl Iterator<Item = &Entry> {
        let start = self.next.fetch_add(1, Ordering::Relaxed) % self.members.len().max(1);
        self.members.values().skip(start).chain(self.members.values().take(start))
    }
}

impl Slot {
    fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.shared.is_empty()
    }

    fn insert(&mut self, group: Option<&str>, entry: Entry) -> bool {
        let key = entry.session.order();
        let Some(name) = group else { return self.plain.insert(key, entry).is_none() };
        let group = match self.shared.iter_mut().position(|group| &*group.name == name) {
            Some(index) => &mut self.shared[index],
            None => {
                self.shared.push(Group {
                    name: name.into(),
                    members: Entries::new(),
                    next: AtomicUsize::new(0),
                });
                let last = self.shared.len() - 1;
                &mut self.shared[last]
            }
        };
        group.members.insert(key, entry).is_none()
    }

    fn remove(&mut self, group: Option<&str>, session: &Session) -> bool {
        let key = session.order();
        let Some(name) = group else { return self.plain.remove(&key).is_some() };
        let mut removed = false;
        for group in self.shared.iter_mut().filter(|group| &*group.name == name) {
            removed |= group.members.remove(&key).is_some();
        }
        self.shared.retain(|group| !group.members.is_empty());
        removed
    }
}

#[derive(Debug, Default)]
struct Node {
    children: HashMap<Box<str>, Node>,
    plus: Option<Box<Node>>,
    /// Filters that end here.
    here: Slot,
    /// Filters that end here with `/#`.
    below: Slot,
}

impl Node {
    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.plus.is_none() && self.here.is_empty() && self.below.is_empty()
    }

    fn slot(&mut self, filter: &str) -> &mut Slot {
        let mut node = self;
        for level in filter.split('/') {
            node = match level {
                "#" => return &mut node.below,
                "+" => node.plus.get_or_insert_default(),
                name => {
                    if !node.children.contains_key(name) {
                        node.children.insert(name.into(), Node::default());
                    }
                    // Just put there; the second look-up is what the borrow checker asks for.
                    node.children.entry(name.into()).or_default()
                }
            };
        }
        &mut node.here
    }

    /// Applies `f` to the slot of `filter` if there is one, and drops nodes that became empty.
    fn prune(&mut self, filter: Option<&str>, f: &mut dyn FnMut(&mut Slot)) {
        let Some(filter) = filter else { return f(&mut self.here) };
        let (level, rest) = match filter.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (filter, None),
        };
        match level {
            "#" => f(&mut self.below),
            "+" => {
                if let Some(plus) = &mut self.plus {
                    plus.prune(rest, f);
                    if plus.is_empty() {
                        self.plus = None;
                    }
                }
            }
            name => {
                if let Some(child) = self.children.get_mut(name) {
                    child.prune(rest, f);
                    if child.is_empty() {
                        self.children.remove(name);
                    }
                }
            }
        }
    }

    fn visit<'a>(&'a self, topic: Option<&str>, first: bool, f: &mut dyn FnMut(&'a Slot)) {
        // [MQTT-4.7.2-1]
        let wild = !(first && topic.is_some_and(|topic| topic.starts_with('$')));
        if wild && !self.below.is_empty() {
            f(&self.below);
        }
        let Some(topic) = topic else {
            if !self.here.is_empty() {
                f(&self.here);
            }
            return;
        };
        let (level, rest) = match topic.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (topic, None),
        };
        if let Some(child) = self.children.get(level) {
            child.visit(rest, false, f);
        }
        if let (true, Some(plus)) = (wild, &self.plus) {
            plus.visit(rest, false, f);
        }
    }
}

/// The subscriptions of all sessions.
#[derive(Debug, Default)]
pub(crate) struct Router {
    exact: HashMap<Box<str>, Slot>,
    wild: Node,
    count: usize,
}

impl Router {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Adds a session's subscription, or replaces it [MQTT-3.8.4-3].
    pub(crate) fn subscribe(&mut self, session: &Arc<Session>, subscription: &Subscription) {
        let (group, filter) = subscription.parts();
        let entry = Entry {
            session: Arc::clone(session),
            qos: subscription.qos,
            no_local: subscription.no_local,
            retain_as_published: subscription.retain_as_published,
            identifier: subscription.identifier,
        };
        let slot = if topic::is_wild(filter) {
            self.wild.slot(filter)
        } else {
            self.exact.entry(filter.into()).or_default()
        };
        self.count += usize::from(slot.insert(group, entry));
    }

    pub(crate) fn unsubscribe(&mut self, session: &Session, subscription: &Subscription) {
        let (group, filter) = subscription.parts();
        let mut removed = false;
        if topic::is_wild(filter) {
            self.wild.prune(Some(filter), &mut |slot| removed = slot.remove(group, session));
        } else if let Some(slot) = self.exact.get_mut(filter) {
            removed = slot.remove(group, session);
            if slot.is_empty() {
                self.exact.remove(filter);
            }
        }
        self.count -= usize::from(removed);
    }

    /// Visits the subscriptions whose filters cover `topic`: first those that name it, then wildcards.
    pub(crate) fn visit<'a>(&'a self, topic: &str, f: &mut dyn FnMut(&'a Slot)) {
        if let Some(slot) = self.exact.get(topic) {
            f(slot);
        }
        self.wild.visit(Some(topic), true, f);
    }
}

//! Maps topic names to subscriptions.

use std::collections::{BTreeMap, HashMap, hash_map};
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
    /// 0 if there is none.
    pub identifier: u32,
}

/// Subscriptions by account and session id, so that one account's are found without a full scan.
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
    /// Returns the members in round-robin order, starting with the one whose turn it is.
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

/// The child levels of a node. Most nodes have only one, which needs no hash table.
#[derive(Debug, Default)]
enum Children {
    #[default]
    None,
    One(Box<(Box<str>, Node)>),
    #[expect(
        clippy::box_collection,
        reason = "most nodes have no table, and each would be half as large again with room for one"
    )]
    Many(Box<HashMap<Box<str>, Node>>),
}

impl Children {
    fn get(&self, name: &str) -> Option<&Node> {
        match self {
            Self::None => None,
            Self::One(only) => (*only.0 == *name).then_some(&only.1),
            Self::Many(all) => all.get(name),
        }
    }

    fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        match self {
            Self::None => None,
            Self::One(only) => (*only.0 == *name).then_some(&mut only.1),
            Self::Many(all) => all.get_mut(name),
        }
    }

    fn get_or_insert(&mut self, name: &str) -> &mut Node {
        *self = match std::mem::take(self) {
            Self::None => Self::One(Box::new((name.into(), Node::default()))),
            Self::One(only) if *only.0 != *name => Self::Many(Box::new(HashMap::from([*only]))),
            same => same,
        };
        match self {
            Self::Many(all) => all.entry(name.into()).or_default(),
            Self::One(only) => &mut only.1,
            Self::None => unreachable!("it was filled above"),
        }
    }

    fn remove(&mut self, name: &str) {
        match self {
            Self::Many(all) => {
                all.remove(name);
                if all.is_empty() {
                    *self = Self::None;
                }
            }
            _ => *self = Self::None,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }
}

#[derive(Debug, Default)]
struct Node {
    children: Children,
    plus: Option<Box<Node>>,
    /// Subscriptions whose filters end here.
    here: Option<Box<Slot>>,
    /// Subscriptions whose filters end here with `/#`.
    below: Option<Box<Slot>>,
}

/// Applies `f` to a slot if there is one, and removes the slot if it has become empty.
fn prune(slot: &mut Option<Box<Slot>>, f: &mut dyn FnMut(&mut Slot)) {
    if let Some(there) = slot {
        f(there);
        if there.is_empty() {
            *slot = None;
        }
    }
}

impl Node {
    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.plus.is_none() && self.here.is_none() && self.below.is_none()
    }

    fn slot(&mut self, filter: &str) -> &mut Slot {
        let mut node = self;
        for level in filter.split('/') {
            node = match level {
                "#" => return node.below.get_or_insert_default(),
                "+" => node.plus.get_or_insert_default(),
                name => node.children.get_or_insert(name),
            };
        }
        node.here.get_or_insert_default()
    }

    /// Applies `f` to the slot of `filter` if there is one, and removes nodes that have become empty.
    fn prune(&mut self, filter: Option<&str>, f: &mut dyn FnMut(&mut Slot)) {
        let Some(filter) = filter else { return prune(&mut self.here, f) };
        let (level, rest) = match filter.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (filter, None),
        };
        match level {
            "#" => prune(&mut self.below, f),
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
        if let (true, Some(below)) = (wild, &self.below) {
            f(below);
        }
        let Some(topic) = topic else {
            return self.here.as_deref().into_iter().for_each(f);
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
    by_account: HashMap<u64, usize>,
}

impl Router {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Returns the number of subscriptions of all sessions of an account.
    pub(crate) fn of_account(&self, account: u64) -> usize {
        self.by_account.get(&account).copied().unwrap_or_default()
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
        if slot.insert(group, entry) {
            self.count += 1;
            *self.by_account.entry(session.key.account).or_default() += 1;
        }
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
        if !removed {
            return;
        }
        self.count -= 1;
        if let hash_map::Entry::Occupied(mut count) = self.by_account.entry(session.key.account) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    /// Visits the subscriptions whose filters cover `topic`: exact filters first, then wildcards.
    pub(crate) fn visit<'a>(&'a self, topic: &str, f: &mut dyn FnMut(&'a Slot)) {
        if let Some(slot) = self.exact.get(topic) {
            f(slot);
        }
        self.wild.visit(Some(topic), true, f);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionKey;

    fn session(account: u64, id: u64) -> Arc<Session> {
        Arc::new(Session::new(SessionKey { account, client_id: "a".into() }, id))
    }

    fn to(filter: &str) -> Subscription {
        Subscription {
            filter: filter.into(),
            qos: Qos::AtLeastOnce,
            no_local: false,
            retain_as_published: false,
            identifier: 0,
        }
    }

    fn reached(router: &Router, topic: &str) -> usize {
        let mut found = 0;
        router.visit(topic, &mut |slot| found += slot.plain.len());
        found
    }

    /// Subscriptions are found until they are removed, and removing them leaves no nodes or counts behind.
    #[test]
    fn nodes_come_and_go() {
        let mut router = Router::default();
        let (ana, bo) = (session(1, 1), session(2, 2));
        let filters = ["a/b/+", "a/c/#", "a/c/d/+", "+/b/c", "#", "x/+/y/#"];
        for filter in filters {
            router.subscribe(&ana, &to(filter));
        }
        router.subscribe(&bo, &to("a/b/+"));
        router.subscribe(&bo, &to("a/b/+"));
        assert_eq!((router.of_account(1), router.of_account(2), router.len()), (6, 1, 7));
        for (topic, expected) in
            [("a/b/c", 4), ("a/c", 2), ("a/c/d/e", 3), ("x/1/y", 2), ("x/1/z", 1), ("a/d/c", 1)]
        {
            assert_eq!(reached(&router, topic), expected, "{topic}");
        }
        router.unsubscribe(&bo, &to("never/+"));
        router.unsubscribe(&bo, &to("a/b/+"));
        for filter in filters {
            router.unsubscribe(&ana, &to(filter));
        }
        assert!(router.wild.is_empty() && router.by_account.is_empty());
        assert_eq!(router.len(), 0);
    }
}

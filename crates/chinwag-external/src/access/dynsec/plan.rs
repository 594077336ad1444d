//! Computes the commands that turn what the broker has into what it should have.

use std::collections::{BTreeSet, HashMap, HashSet};

use chinwag_chat::accounts::broker_key::fingerprint;
use chinwag_chat::directory::{Reach, ReachOfAll};
use serde::Deserialize;
use serde_json::{Value, json};

use super::acl::{self, Acl};

/// The role that all accounts share.
pub const ROLE_OF_ALL: &str = "chinwag/everybody";
/// The role of the servers' own user.
pub const ROLE_OF_SERVER: &str = "chinwag/server";
/// The prefix of the accounts' roles.
const ROLES: &str = "chinwag/account/";
/// The prefix of the description of each client that Chinwag manages: others must not be changed.
const MARK: &str = "Chinwag ";

fn role_of(name: &str) -> String {
    format!("{ROLES}{name}")
}

/// A client as the plugin lists it.
#[derive(Debug, Deserialize)]
pub struct ListedClient {
    username: String,
    #[serde(default)]
    textdescription: String,
    #[serde(default)]
    roles: Vec<ListedRoleName>,
}

#[derive(Debug, Deserialize)]
struct ListedRoleName {
    rolename: String,
}

/// A role as the plugin lists it.
#[derive(Debug, Deserialize)]
pub struct ListedRole {
    rolename: String,
    #[serde(default)]
    acls: Vec<Acl>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct KnownClient {
    fingerprint: String,
    has_its_roles: bool,
}

/// The known state of one account on the broker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct KnownAccount {
    role: Option<[u8; 32]>,
    client: Option<KnownClient>,
}

/// The known state of the broker.
#[derive(Debug, Default)]
pub struct Known {
    accounts: HashMap<String, KnownAccount>,
    /// Clients not managed by Chinwag.
    foreign: HashSet<String>,
    of_all: Option<[u8; 32]>,
    server: Option<[u8; 32]>,
    server_has_its_role: bool,
}

/// Commands that belong together, and the account they are for.
#[derive(Debug, PartialEq)]
pub struct Unit {
    /// The account's name; `None` for the shared role or the server's.
    pub account: Option<String>,
    /// The commands, in order.
    pub commands: Vec<Value>,
}

impl Known {
    /// Records a client. `server`: the user that the servers connect as.
    pub fn client(&mut self, listed: ListedClient, server: &str) {
        let roles: BTreeSet<&str> = listed.roles.iter().map(|role| role.rolename.as_str()).collect();
        if listed.username == server {
            self.server_has_its_role = roles.contains(ROLE_OF_SERVER);
        }
        let Some(fingerprint) = listed.textdescription.strip_prefix(MARK).map(str::to_owned) else {
            self.foreign.insert(listed.username);
            return;
        };
        let own = role_of(&listed.username);
        let has_its_roles = roles == BTreeSet::from([own.as_str(), ROLE_OF_ALL]);
        let entry = self.accounts.entry(listed.username).or_default();
        entry.client = Some(KnownClient { fingerprint, has_its_roles });
    }

    /// Records a role.
    pub fn role(&mut self, listed: ListedRole) {
        let digest = Some(acl::digest(listed.acls));
        match listed.rolename.as_str() {
            ROLE_OF_ALL => self.of_all = digest,
            ROLE_OF_SERVER => self.server = digest,
            name => {
                if let Some(name) = name.strip_prefix(ROLES) {
                    self.accounts.entry(name.to_owned()).or_default().role = digest;
                }
            }
        }
    }

    /// Removes what is known about an account.
    pub fn forget(&mut self, name: &str) {
        self.accounts.remove(name);
        self.foreign.remove(name);
    }

    /// Whether there is a client of that name that Chinwag does not manage: its account cannot connect.
    pub fn is_foreign(&self, name: &str) -> bool {
        self.foreign.contains(name)
    }

    /// Returns the command that corrects the servers' role, if needed, without giving it to their user.
    pub fn for_server(&mut self) -> Option<Unit> {
        let acls = acl::of_server();
        role_command(&mut self.server, ROLE_OF_SERVER, acls)
            .map(|command| Unit { account: None, commands: vec![command] })
    }

    /// Returns the command that gives the servers' user its role, if it lacks it. The broker then ends the user's
    /// connections.
    pub fn give_server_its_role(&self, server: &str) -> Option<Value> {
        (!self.server_has_its_role).then(|| {
            json!({"command": "addClientRole", "username": server, "rolename": ROLE_OF_SERVER, "priority": 0})
        })
    }

    /// Returns the command that corrects the shared role, if needed.
    pub fn for_all(&mut self, reach: &ReachOfAll) -> Option<Unit> {
        role_command(&mut self.of_all, ROLE_OF_ALL, acl::of_all(reach))
            .map(|command| Unit { account: None, commands: vec![command] })
    }

    /// Returns the commands that correct what the broker has for an account, if needed, and records them as done: call
    /// [`Self::forget`] if they fail.
    pub fn for_account(&mut self, reach: &Reach, key: &str) -> Option<Unit> {
        let name = reach.name.as_str();
        if self.foreign.contains(name) {
            return None;
        }
        let known = self.accounts.entry(name.to_owned()).or_default();
        let role = role_of(name);
        let mut commands = Vec::new();
        commands.extend(role_command(&mut known.role, &role, acl::of_account(reach)));
        let fingerprint = fingerprint(key, &reach.name);
        let roles = json!([{"rolename": role, "priority": 1}, {"rolename": ROLE_OF_ALL, "priority": 0}]);
        let description = format!("{MARK}{fingerprint}");
        match &known.client {
            None => commands.push(json!({"command": "createClient", "username": name, "password": key,
                "textdescription": description, "roles": roles})),
            Some(client) if !client.has_its_roles => commands
                .push(json!({"command": "modifyClient", "username": name, "password": key,
                    "textdescription": description, "roles": roles})),
            Some(client) if client.fingerprint != fingerprint => commands
                .push(json!({"command": "modifyClient",
                "username": name, "password": key, "textdescription": description})),
            Some(_) => {}
        }
        known.client = Some(KnownClient { fingerprint, has_its_roles: true });
        (!commands.is_empty()).then(|| Unit { account: Some(name.to_owned()), commands })
    }

    /// Returns the commands that remove what the broker has for accounts that no longer exist.
    pub fn without(&mut self, there_is: impl Fn(&str) -> bool) -> Vec<Unit> {
        let gone: Vec<_> = self.accounts.keys().filter(|name| !there_is(name)).cloned().collect();
        let unit = |name: String| {
            let known = self.accounts.remove(&name).unwrap_or_default();
            let mut commands = Vec::new();
            if known.client.is_some() {
                commands.push(json!({"command": "deleteClient", "username": name}));
            }
            if known.role.is_some() {
                commands.push(json!({"command": "deleteRole", "rolename": role_of(&name)}));
            }
            Unit { account: Some(name), commands }
        };
        gone.into_iter().map(unit).collect()
    }
}

/// Returns the commands that read what the broker has for one account.
pub fn look_at(name: &str) -> Unit {
    let commands = vec![
        json!({"command": "getRole", "rolename": role_of(name)}),
        json!({"command": "getClient", "username": name}),
    ];
    Unit { account: Some(name.to_owned()), commands }
}

fn role_command(known: &mut Option<[u8; 32]>, role: &str, acls: Vec<Acl>) -> Option<Value> {
    let command = if known.is_some() { "modifyRole" } else { "createRole" };
    let value = json!({"command": command, "rolename": role, "acls": acls});
    let digest = acl::digest(acls);
    (known.replace(digest) != Some(digest)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chinwag_store::AccountId;

    fn ana(rooms: &[&str]) -> Reach {
        Reach {
            id: AccountId(1),
            name: "ana".parse().unwrap(),
            key_generation: 0,
            in_general: rooms.contains(&"general"),
            rooms: rooms.iter().map(|room| room.parse().unwrap()).collect(),
            sees: Vec::new(),
        }
    }

    fn names(unit: Option<Unit>) -> Vec<String> {
        let commands = unit.map(|unit| unit.commands).unwrap_or_default();
        commands.iter().map(|command| command["command"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns what a plugin would list after these commands.
    fn listed(units: &[Unit]) -> Known {
        let mut known = Known::default();
        for command in units.iter().flat_map(|unit| &unit.commands) {
            match command["command"].as_str().unwrap() {
                "createRole" | "modifyRole" => known.role(serde_json::from_value(command.clone()).unwrap()),
                "createClient" => known.client(serde_json::from_value(command.clone()).unwrap(), "admin"),
                other => panic!("{other}"),
            }
        }
        known
    }

    #[test]
    fn what_is_as_it_should_be_is_left_alone() {
        let mut fresh = Known::default();
        let units = [
            fresh.for_server().unwrap(),
            fresh.for_all(&ReachOfAll::default()).unwrap(),
            fresh.for_account(&ana(&["general", "team/x"]), "key").unwrap(),
        ];
        assert_eq!(names(fresh.for_account(&ana(&["general", "team/x"]), "key")), Vec::<String>::new());
        let mut again = listed(&units);
        assert_eq!(again.for_server(), None);
        assert_eq!(again.for_all(&ReachOfAll::default()), None);
        assert_eq!(again.for_account(&ana(&["general", "team/x"]), "key"), None);
        // Differences are corrected, with a command that ends no connection if possible.
        assert_eq!(names(again.for_account(&ana(&["general"]), "key")), ["modifyRole"]);
        assert_eq!(names(again.for_account(&ana(&["general"]), "other key")), ["modifyClient"]);
        assert_eq!(
            names(again.for_all(&ReachOfAll { presence: true, ..ReachOfAll::default() })),
            ["modifyRole"]
        );
        assert!(again.without(|_| true).is_empty());
        let gone = again.without(|_| false).pop();
        assert_eq!(names(gone), ["deleteClient", "deleteRole"]);
    }

    #[test]
    fn clients_of_others_are_not_touched() {
        let mut known = Known::default();
        let client = |username: &str, description: &str| {
            serde_json::from_value(json!({"username": username, "textdescription": description, "roles": []}))
                .unwrap()
        };
        known.client(client("ana", ""), "admin");
        assert!(known.is_foreign("ana"));
        assert_eq!(known.for_account(&ana(&["general"]), "key"), None);
        assert!(known.without(|_| false).is_empty());
        // A client managed by Chinwag that somebody gave other roles gets its own back.
        known.forget("ana");
        known.client(client("ana", "Chinwag x"), "admin");
        assert_eq!(names(known.for_account(&ana(&["general"]), "key")), ["createRole", "modifyClient"]);
    }
}

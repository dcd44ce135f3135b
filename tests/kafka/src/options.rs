//! What kind of cluster a test wants.

/// Somebody who may log in, once `Options::user` was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name; its principal is `User:NAME`.
    pub name: String,
    /// The password.
    pub password: String,
}

/// The cluster that is wanted. Everything is off unless asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// One broker or three.
    pub(crate) nodes: usize,
    /// Who may log in: with any, clients must, and may do only what they are allowed to.
    pub(crate) users: Vec<User>,
    /// Clients are led through a proxy.
    pub(crate) proxied: bool,
    /// More lines of `server.properties`; the later one of a key counts.
    pub(crate) properties: Vec<(String, String)>,
}

impl Options {
    /// One broker: topics have one replica.
    #[must_use]
    pub fn one() -> Options {
        Options { nodes: 1, users: Vec::new(), proxied: false, properties: Vec::new() }
    }

    /// Three brokers: internal topics have three replicas, two of which must be in step.
    #[must_use]
    pub fn three() -> Options {
        Options { nodes: 3, ..Options::one() }
    }

    /// Leads clients through a proxy per broker.
    #[must_use]
    pub fn through_proxy(self) -> Options {
        Options { proxied: true, ..self }
    }

    /// Adds a user (SASL PLAIN, and SCRAM-SHA-512 for clients that can) and turns the authorizer on:
    /// who is not allowed to do something may not. The user `admin` may do everything.
    #[must_use]
    pub fn user(mut self, name: &str, password: &str) -> Options {
        self.users.push(User { name: name.to_owned(), password: password.to_owned() });
        self
    }

    /// Adds a line to `server.properties`.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Options {
        self.properties.push((key.to_owned(), value.to_owned()));
        self
    }
}

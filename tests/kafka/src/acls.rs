//! Rights of users: given and taken by Kafka's own protocol, past the login.
//!
//! The client library can't, and Kafka's tool starts a Java machine for each line. Two requests are
//! small enough to be written by hand: CreateAcls and DeleteAcls, version 1.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::cluster::Cluster;
use crate::error::{Error, io};

/// What a right is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "Kafka's own names")]
pub enum Resource {
    Topic = 2,
    Group = 3,
    Cluster = 4,
    TransactionalId = 5,
}

/// How the resource is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// Exactly so.
    Literal = 3,
    /// All that begin so.
    Prefixed = 4,
}

/// A right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acl {
    /// Whose: `User:NAME`.
    pub principal: String,
    /// On what kind of thing.
    pub resource: Resource,
    /// How it is named.
    pub pattern: Pattern,
    /// Its name or the name's beginning.
    pub name: String,
    /// To do what, in Kafka's words: `Read`, `Write`, `Describe`, …
    pub operation: String,
}

const CREATE: i16 = 30;
const DELETE: i16 = 31;
const ALLOW: i8 = 3;

impl Cluster {
    /// Gives these rights.
    ///
    /// # Errors
    /// If the cluster is not ours or refuses.
    pub fn allow(&self, acls: &[Acl]) -> Result<(), Error> {
        self.change(CREATE, "give a right", acls)
    }

    /// Takes these rights.
    ///
    /// # Errors
    /// If the cluster is not ours or refuses.
    pub fn disallow(&self, acls: &[Acl]) -> Result<(), Error> {
        self.change(DELETE, "take a right", acls)
    }

    fn change(&self, request: i16, doing: &str, acls: &[Acl]) -> Result<(), Error> {
        if self.size() == 0 {
            let bootstrap = self.bootstrap().to_owned();
            return Err(Error::NotOurs { what: "changing rights", bootstrap });
        }
        let inside = self.inside();
        let broker = inside.split(',').next().unwrap_or(&inside);
        let mut body = count(acls.len());
        for acl in acls {
            body.extend(encode(acl, doing)?);
        }
        let answer = exchange(broker, request, &body).map_err(io(doing))?;
        // Throttle time, number of results, then of each: error, message, and what was deleted. The
        // first tells: all were made alike.
        match answer.get(8..10) {
            Some([0, 0]) => Ok(()),
            Some(&[high, low]) => Err(Error::Refused {
                doing: doing.to_owned(),
                code: i16::from_be_bytes([high, low]).to_string(),
            }),
            _ => Err(Error::Refused { doing: doing.to_owned(), code: "no answer".to_owned() }),
        }
    }
}

fn exchange(broker: &str, request: i16, body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut head = request.to_be_bytes().to_vec();
    head.extend(1_i16.to_be_bytes());
    head.extend(1_i32.to_be_bytes());
    head.extend(text("iolaus-harness"));
    let mut stream = TcpStream::connect(broker)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let length = count(head.len() + body.len());
    stream.write_all(&[&length, &head, body].concat())?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut answer)?;
    // Before the body comes the number of the request.
    Ok(answer.split_off(4.min(answer.len())))
}

fn encode(acl: &Acl, doing: &str) -> Result<Vec<u8>, Error> {
    let operations = [
        ("Read", 3_i8),
        ("Write", 4),
        ("Create", 5),
        ("Delete", 6),
        ("Alter", 7),
        ("Describe", 8),
        ("ClusterAction", 9),
        ("DescribeConfigs", 10),
        ("AlterConfigs", 11),
        ("IdempotentWrite", 12),
    ];
    let operation = operations.iter().find(|(name, _)| *name == acl.operation);
    let (_, operation) = operation.ok_or_else(|| Error::Refused {
        doing: doing.to_owned(),
        code: format!("Kafka knows no operation {}", acl.operation),
    })?;
    let mut bytes = vec![acl.resource as u8];
    bytes.extend(text(&acl.name));
    bytes.push(acl.pattern as u8);
    bytes.extend(text(&acl.principal));
    bytes.extend(text("*"));
    bytes.extend(operation.to_be_bytes());
    bytes.extend(ALLOW.to_be_bytes());
    Ok(bytes)
}

fn count(number: usize) -> Vec<u8> {
    u32::try_from(number).expect("no list or text here is so long").to_be_bytes().to_vec()
}

fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).expect("names are short");
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

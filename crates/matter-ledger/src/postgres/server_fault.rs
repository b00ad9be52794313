use std::fmt;
use std::io::{self, ErrorKind};

use postgres::error::SqlState;
use postgres::types::Type;

use crate::statements::{Fault, Row, Value};
use crate::{Error, LedgerPlace};

/// An error of the server, or of the connection to it.
#[derive(Debug)]
pub(crate) enum ServerFault {
    /// A conflict with other transactions; the same work may be repeated.
    Again(String),
    /// The server is unavailable, or does not answer for now.
    Away(String),
    /// The database is not a ledger.
    Foreign(String),
    /// The request is impossible.
    Refused(String),
}

impl ServerFault {
    /// Converts it to an error of the ledger.
    pub(crate) fn at(self, place: &LedgerPlace) -> Error {
        match self {
            Self::Again(reason) | Self::Away(reason) => Error::unavailable(place, reason),
            Self::Foreign(reason) => Error::damaged(place, reason),
            Self::Refused(reason) => Error::unusable(place, reason),
        }
    }
}

impl fmt::Display for ServerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Again(reason) | Self::Away(reason) | Self::Foreign(reason) | Self::Refused(reason)) = self;
        f.write_str(reason)
    }
}

impl From<postgres::Error> for ServerFault {
    fn from(error: postgres::Error) -> Self {
        let Some(refusal) = error.as_db_error() else {
            return without_answer(&error);
        };
        let code = refusal.code();
        let text = refusal.message().to_owned();
        let again = [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::UNIQUE_VIOLATION,
        ];
        let away = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
            SqlState::TOO_MANY_CONNECTIONS,
        ];
        if again.contains(code) {
            Self::Again(format!("other processes are writing to it at the same time ({text})"))
        } else if away.contains(code) || code.code().starts_with("08") {
            Self::Away(format!("its server cannot do this now ({text})"))
        } else {
            Self::Refused(text)
        }
    }
}

/// Classifies an error of the library: the last cause is the most informative, such as "Connection refused".
fn without_answer(error: &postgres::Error) -> ServerFault {
    let mut cause: &dyn std::error::Error = error;
    let mut is_away = error.is_closed() || cause.source().is_none();
    while let Some(source) = cause.source() {
        cause = source;
        // Refused certificates are reported as invalid data.
        let system = cause.downcast_ref::<io::Error>();
        is_away |= system.is_some_and(|system| system.kind() != ErrorKind::InvalidData);
    }
    if is_away {
        return ServerFault::Away(format!("its server is unavailable ({cause})"));
    }
    ServerFault::Refused(format!("its server cannot be used: {cause}"))
}

impl From<ServerFault> for Fault {
    fn from(fault: ServerFault) -> Self {
        Self::Postgres(fault)
    }
}

/// Reads the cells of a row with the column types of a ledger.
pub(super) fn from_row(row: &postgres::Row) -> Result<Row, Fault> {
    let mut values = Vec::with_capacity(row.len());
    for (index, column) in row.columns().iter().enumerate() {
        values.push(cell(row, index, column.type_()).ok_or(Fault::Cell(index))?);
    }
    Ok(Row(values))
}

fn cell(row: &postgres::Row, index: usize, kind: &Type) -> Option<Value> {
    Some(match *kind {
        Type::INT8 => row.try_get::<_, Option<i64>>(index).ok()?.into(),
        Type::INT4 => row.try_get::<_, Option<i32>>(index).ok()?.map(i64::from).into(),
        Type::BOOL => row.try_get::<_, Option<bool>>(index).ok()?.into(),
        Type::BYTEA => row.try_get::<_, Option<&[u8]>>(index).ok()?.into(),
        _ => row.try_get::<_, Option<&str>>(index).ok()?.into(),
    })
}

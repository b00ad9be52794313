use crate::issuance::{Issuing, hash};
use crate::statements::{Fault, Row, Statements, Value};
use crate::tables::{LOG, LOG_HEAD};
use crate::{Error, Ledger};

/// A line of the issuing log. matter-issuance defines the hash and what it proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Its number, consecutive from 1.
    pub seq: u64,
    /// The time at which it was written, in UTC.
    pub time: String,
    /// One JSON object.
    pub entry: String,
    /// The hash of the previous line; zeros for the first one.
    pub previous: [u8; 32],
    /// The hash of this line.
    pub hash: [u8; 32],
}

/// The last line of the log and its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The number of the last line; 0 for an empty log, which is not signed.
    pub seq: u64,
    /// The hash of the last line.
    pub hash: [u8; 32],
    /// The signing key: SHA-256 of its uncompressed point.
    pub key: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl Issuing<'_> {
    /// Returns the head of the log.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn head(&mut self) -> Result<LogHead, Error> {
        self.run(head)
    }

    /// Returns the lines after a number.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn log_after(&mut self, seq: u64) -> Result<Vec<LogRow>, Error> {
        let sql = "SELECT seq, time, entry, previous, hash FROM log WHERE seq > $1 ORDER BY seq";
        self.run(|statements| {
            let rows = statements.query(sql, &[number(seq)?])?;
            rows.iter().map(log_row).collect()
        })
    }

    /// Adds lines to the log, and replaces its head.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`]; also for a line whose number exists.
    pub fn append(&mut self, rows: &[LogRow], head: &LogHead) -> Result<(), Error> {
        self.run(|statements| {
            for row in rows {
                let values = [
                    number(row.seq)?,
                    (&row.time).into(),
                    (&row.entry).into(),
                    (&row.previous).into(),
                    (&row.hash).into(),
                ];
                LOG.insert(statements, &values)?;
            }
            statements.execute("DELETE FROM log_head", &[])?;
            let values = [
                number(head.seq)?,
                (&head.hash).into(),
                (&head.key).into(),
                (&head.signature).into(),
            ];
            LOG_HEAD.insert(statements, &values)
        })
    }
}

impl Ledger {
    /// Reads the log: passes each line in order to `line`, then returns the head.
    ///
    /// # Errors
    ///
    /// The errors of `line`; [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn read_log<E: From<Error>>(&mut self, mut line: impl FnMut(LogRow) -> Result<(), E>) -> Result<LogHead, E> {
        const PAGE: u32 = 1000;
        const SQL: &str = "SELECT seq, time, entry, previous, hash FROM log WHERE seq > $1 ORDER BY seq LIMIT $2";
        let mut last = i64::MIN;
        loop {
            // Lines never change, so the last page and the head, read as one snapshot, complete the earlier pages.
            let (rows, head) = self.read(|statements| {
                let rows = statements.query(SQL, &[last.into(), PAGE.into()])?;
                Ok((rows, head(statements)?))
            })?;
            let is_end = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            for row in &rows {
                let found = log_row(row).map_err(|fault| fault.at(&self.place))?;
                last = row.get(0).map_err(|fault| fault.at(&self.place))?;
                line(found)?;
            }
            if is_end {
                return Ok(head);
            }
        }
    }
}

fn log_row(row: &Row) -> Result<LogRow, Fault> {
    Ok(LogRow {
        seq: row.get(0)?,
        time: row.get(1)?,
        entry: row.get(2)?,
        previous: hash(row, 3)?,
        hash: hash(row, 4)?,
    })
}

/// Returns the head; zeros if there is none.
fn head(statements: &mut dyn Statements) -> Result<LogHead, Fault> {
    let sql = "SELECT seq, hash, key, signature FROM log_head ORDER BY seq DESC LIMIT 1";
    let Some(row) = statements.query_one(sql, &[])? else {
        return Ok(LogHead {
            seq: 0,
            hash: [0; 32],
            key: Vec::new(),
            signature: Vec::new(),
        });
    };
    Ok(LogHead {
        seq: row.get(0)?,
        hash: hash(&row, 1)?,
        key: row.get(2)?,
        signature: row.get(3)?,
    })
}

fn number(seq: u64) -> Result<Value, Fault> {
    i64::try_from(seq).map(Value::from).map_err(|_| Fault::Cell(0))
}

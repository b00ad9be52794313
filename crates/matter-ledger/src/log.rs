use crate::issuance::{Issuing, hash, insert, malformed};
use crate::statements::{Engine, Row};
use crate::{Error, Ledger};

/// A line of the log of decisions. What the hash is over, and what it proves, matter-issuance says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// When it was written, in UTC.
    pub time: String,
    /// One JSON object.
    pub entry: String,
    /// The hash of the line before; zeros in the first one.
    pub previous: [u8; 32],
    /// The hash of this line.
    pub hash: [u8; 32],
}

/// The last line of the log and the signature of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHead {
    /// The number of the last line; 0 for an empty log, which is not signed.
    pub seq: u64,
    /// The hash of the last line.
    pub hash: [u8; 32],
    /// Which key signed: SHA-256 of its uncompressed point.
    pub key: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

impl Issuing<'_> {
    /// Returns the head of the log, and locks the log until the end of the transaction.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn head(&mut self) -> Result<LogHead, Error> {
        let lock = match self.statements.engine() {
            Engine::Sqlite => "",
            #[cfg(feature = "postgres")]
            Engine::Postgres => " FOR UPDATE",
        };
        let sql = format!("SELECT seq, hash, key, signature FROM log_head WHERE id = 1{lock}");
        let rows = self.statements.query(&sql, &[])?;
        head(rows.first().ok_or_else(|| malformed("head of the log"))?)
    }

    /// Adds lines to the log, and replaces its head.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`]; a line whose number is there is an error, too.
    pub fn append(&mut self, rows: &[LogRow], head: &LogHead) -> Result<(), Error> {
        for row in rows {
            let values = [
                number(row.seq)?.into(),
                row.time.as_str().into(),
                row.entry.as_str().into(),
                row.previous.as_slice().into(),
                row.hash.as_slice().into(),
            ];
            insert(self.statements, "log", "seq, time, entry, previous, hash", &values)?;
        }
        let sql = "UPDATE log_head SET seq = $1, hash = $2, key = $3, signature = $4 WHERE id = 1";
        let values = [
            number(head.seq)?.into(),
            head.hash.as_slice().into(),
            head.key.as_slice().into(),
            head.signature.as_slice().into(),
        ];
        self.statements.execute(sql, &values)?;
        Ok(())
    }

    /// Returns the lines after a number, `limit` of them at most.
    ///
    /// # Errors
    ///
    /// As [`Ledger::issuing`].
    pub fn log_after(&mut self, seq: u64, limit: u32) -> Result<Vec<LogRow>, Error> {
        let sql = "SELECT seq, time, entry, previous, hash FROM log WHERE seq > $1 ORDER BY seq LIMIT $2";
        let rows = self
            .statements
            .query(sql, &[number(seq)?.into(), i64::from(limit).into()])?;
        rows.iter().map(line).collect()
    }
}

impl Ledger {
    /// Reads the log: each line in its order goes to `line`, then the head is returned.
    ///
    /// # Errors
    ///
    /// Those of `line`, and as [`Ledger::issuing`].
    pub fn read_log<E: From<Error>>(&mut self, mut line: impl FnMut(LogRow) -> Result<(), E>) -> Result<LogHead, E> {
        const PAGE: u32 = 1000;
        let mut last = 0;
        loop {
            // Lines are never changed, so that the last page and the head belong together.
            let (rows, head) = self.issuing(|issuing| {
                let head = issuing.head()?;
                Ok::<_, E>((issuing.log_after(last, PAGE)?, head))
            })?;
            let is_end = rows.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            for row in rows {
                last = row.seq;
                line(row)?;
            }
            if is_end {
                return Ok(head);
            }
        }
    }
}

fn line(row: &Row) -> Result<LogRow, Error> {
    Ok(LogRow {
        seq: unsigned(row, 0)?,
        time: row.get(1)?,
        entry: row.get(2)?,
        previous: hash(row, 3)?,
        hash: hash(row, 4)?,
    })
}

fn head(row: &Row) -> Result<LogHead, Error> {
    Ok(LogHead {
        seq: unsigned(row, 0)?,
        hash: hash(row, 1)?,
        key: row.get(2)?,
        signature: row.get(3)?,
    })
}

fn unsigned(row: &Row, index: usize) -> Result<u64, Error> {
    let number: i64 = row.get(index)?;
    u64::try_from(number).map_err(|_| malformed("number of a line of the log"))
}

fn number(seq: u64) -> Result<i64, Error> {
    i64::try_from(seq).map_err(|_| malformed("number of a line of the log"))
}

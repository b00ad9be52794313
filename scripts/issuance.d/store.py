"""Content of a ledger, read without the tools that wrote it."""

import dataclasses
import json
import os
import sqlite3
import subprocess

ROWS = "SELECT device, key_sha256, state, dac, dac_serial FROM issuance WHERE order_id = '{}' AND state <> 'RETIRED'"
ENTRIES = "SELECT entry FROM log ORDER BY seq"


@dataclasses.dataclass
class Row:
    device: str
    key: bytes
    state: str
    dac: bytes
    serial: bytes

    @property
    def serial_text(self):
        return self.serial.hex().upper() if self.serial else None


class Sqlite:
    name = "SQLite"

    def place(self, folder):
        return ["--ledger", folder / "ledger.sqlite"]

    def query(self, folder, text):
        database = sqlite3.connect(folder / "ledger.sqlite")
        try:
            return database.execute(text).fetchall()
        finally:
            database.close()

    def rows(self, folder, order):
        return [Row(*row) for row in self.query(folder, ROWS.format(order))]

    def entries(self, folder):
        return [json.loads(entry) for (entry,) in self.query(folder, ENTRIES)]


class Postgres:
    name = "PostgreSQL"

    def __init__(self, url):
        self.url = url

    def place(self, folder):
        return ["--ledger", self.url, "--ledger-key", folder / "ledger.key"]

    def query(self, text):
        said = subprocess.run(["psql", self.url, "-At", "-c", f"SELECT to_json(found) FROM ({text}) AS found"],
                              check=True, capture_output=True, text=True).stdout
        return [json.loads(line) for line in said.splitlines()]

    def rows(self, folder, order):
        def blob(value):
            return bytes.fromhex(value.removeprefix("\\x")) if value is not None else None

        return [Row(row["device"], blob(row["key_sha256"]), row["state"], blob(row["dac"]), blob(row["dac_serial"]))
                for row in self.query(ROWS.format(order))]

    def entries(self, folder):
        return [json.loads(row["entry"]) for row in self.query(ENTRIES)]


def open_store():
    url = os.environ.get("MATTER_POSTGRES")
    return Postgres(url) if url else Sqlite()

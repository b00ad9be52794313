//! `dac-pki order`: orders for which certificates are issued.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use cli::{Failure, Password, ledger_place, parse_number, print, print_json};
use matter_issuance::OrderUse;
use matter_ledger::{Ledger, NewOrder};
use matter_types::{ProductId, VendorId};
use serde_json::{Map, Value, json};

use crate::Common;
use crate::recording::{LogOptions, decided, failed};

#[derive(Subcommand)]
pub(crate) enum Order {
    /// Open an order for devices of one product
    Open(Open),
    /// Approve an order that another operator has opened with --approval
    Approve(Decide),
    /// Close an order: no further device gets a certificate
    Close(Decide),
    /// Show an order, or all of them, with their numbers of devices
    Show(Show),
}

#[derive(Args)]
pub(crate) struct Open {
    /// Name of the order, 1 to 64 characters
    order: String,
    /// Number of devices, 1 to 4294967295
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    size: String,
    /// Vendor id in the certificates (also --vendor-id), 0x0001 to 0xFFF4
    #[arg(long, alias = "vendor-id", value_name = "ID", allow_hyphen_values = true)]
    vid: String,
    /// Product id in the certificates (also --product-id), 0x0001 to 0xFFFF
    #[arg(long, alias = "product-id", value_name = "ID", allow_hyphen_values = true)]
    pid: String,
    /// Require the approval of a second operator before the order gets certificates
    #[arg(long)]
    approval: bool,
    #[command(flatten)]
    book: BookOptions,
}

#[derive(Args)]
pub(crate) struct Decide {
    /// Name of the order
    order: String,
    #[command(flatten)]
    book: BookOptions,
}

#[derive(Args)]
struct BookOptions {
    /// Ledger of the orders: a file, created if missing, or postgresql://USER@HOST/DATABASE
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    #[command(flatten)]
    log: LogOptions,
    #[command(flatten)]
    password: Password,
}

#[derive(Args)]
pub(crate) struct Show {
    /// Name of the order [default: all]
    order: Option<String>,
    /// Ledger of the orders: a file, or postgresql://USER@HOST/DATABASE
    #[arg(long, value_name = "LEDGER")]
    ledger: PathBuf,
    /// Key of the ledger's passcodes [default: FILE.key of --ledger; required for a URL]
    #[arg(long, value_name = "FILE")]
    ledger_key: Option<PathBuf>,
}

impl Order {
    pub(crate) fn run(&self, common: &Common) -> Result<(), Failure> {
        match self {
            Self::Open(arguments) => arguments.run(common),
            Self::Approve(arguments) => arguments.approve(common),
            Self::Close(arguments) => arguments.close(common),
            Self::Show(arguments) => arguments.run(common.json),
        }
    }
}

impl BookOptions {
    fn open(&self, common: &Common) -> Result<crate::recording::Book, Failure> {
        let password = self.password.read()?;
        let password = password.as_deref().map(String::as_str);
        self.log.open(&self.ledger, password, common.trust)
    }
}

impl Open {
    fn run(&self, common: &Common) -> Result<(), Failure> {
        let size = parse_number("--size", Some(&self.size), 1, u32::MAX)?;
        let vendor_id: VendorId = crate::issue::required("--vid", &self.vid)?;
        let product_id: ProductId = crate::issue::required("--pid", &self.pid)?;
        let mut book = self.book.open(common)?;
        decided(book.registrar.open_order(&NewOrder {
            id: self.order.clone(),
            size: size.unwrap_or_default(),
            vendor_id: vendor_id.get(),
            product_id: product_id.get(),
            operator: book.operator.clone(),
            needs_approval: self.approval,
        }))?;
        tell(book.registrar.order(&self.order).map_err(failed)?, common.json)
    }
}

impl Decide {
    fn approve(&self, common: &Common) -> Result<(), Failure> {
        let mut book = self.book.open(common)?;
        decided(book.registrar.approve_order(&self.order, &book.operator))?;
        tell(book.registrar.order(&self.order).map_err(failed)?, common.json)
    }

    fn close(&self, common: &Common) -> Result<(), Failure> {
        let mut book = self.book.open(common)?;
        decided(book.registrar.close_order(&self.order, &book.operator))?;
        tell(book.registrar.order(&self.order).map_err(failed)?, common.json)
    }
}

impl Show {
    fn run(&self, json: bool) -> Result<(), Failure> {
        let mut ledger = open_to_look(&self.ledger, self.ledger_key.as_deref())?;
        let Some(id) = &self.order else {
            let orders = OrderUse::read_all(&mut ledger).map_err(failed)?;
            if json {
                let all = orders.iter().map(to_json).collect();
                return print_json(format_args!("{:#}", Value::Array(all)));
            }
            return orders.iter().try_for_each(|order| print(sentence(order)));
        };
        let found = OrderUse::read(&mut ledger, id).map_err(failed)?;
        if found.is_none() {
            return Err(Failure::No(format!(
                "there is no order {id}; dac-pki order show lists all"
            )));
        }
        tell(found, json)
    }
}

/// Opens an existing ledger.
pub(crate) fn open_to_look(ledger: &Path, key: Option<&Path>) -> Result<Ledger, Failure> {
    let place = ledger_place(Some(ledger), key)?;
    let place = place.ok_or_else(|| Failure::option("--ledger", "is missing"))?;
    let found = Ledger::open_to_look(place).map_err(|error| Failure::option("--ledger", error))?;
    found.ok_or_else(|| Failure::option("--ledger", "there is no such ledger"))
}

fn tell(order: Option<OrderUse>, json: bool) -> Result<(), Failure> {
    let Some(order) = order else { return Ok(()) };
    if json {
        return print_json(format_args!("{:#}", to_json(&order)));
    }
    print(sentence(&order))
}

fn sentence(found: &OrderUse) -> String {
    let order = &found.order;
    let mut text = format!(
        "order {}: {}, {} of {} devices",
        order.id,
        order.state.name(),
        found.used,
        order.size
    );
    let mut add = |what: &str, value: Option<String>| {
        if let Some(value) = value {
            text.push_str(&format!(", {what} {value}"));
        }
    };
    add("vendor", hex(order.vendor_id));
    add("product", hex(order.product_id));
    add("opened by", order.opened_by.clone());
    add("approved by", order.approved_by.clone());
    for (state, count) in &found.states {
        text.push_str(&format!("; {count} {state}"));
    }
    text
}

fn to_json(found: &OrderUse) -> Value {
    let order = &found.order;
    let states = found
        .states
        .iter()
        .map(|(state, count)| (state.clone(), (*count).into()));
    json!({
        "id": order.id, "state": order.state.name(), "size": order.size, "used": found.used,
        "vid": order.vendor_id, "pid": order.product_id,
        "opened_by": order.opened_by, "approved_by": order.approved_by,
        "states": states.collect::<Map<_, _>>(),
    })
}

fn hex(id: Option<u16>) -> Option<String> {
    id.map(|id| format!("0x{id:04X}"))
}

//! Opens and approves the laboratory's order.

use axum::http::{Method, StatusCode};
use clap::Args;
use cli::Failure;
use dac_service::api::{OrderAnswer, OrderRequest, OrderState};
use dac_service::lab::{Lab, Reply};

use crate::{Target, block_on, failed};

#[derive(Args)]
pub(crate) struct Order {
    #[command(flatten)]
    target: Target,
    /// Number of devices of the order
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    size: u32,
}

impl Order {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let lab = self.target.lab()?;
        block_on(async {
            let order = OrderRequest {
                id: Lab::ORDER.into(),
                size: self.size,
                vendor_id: 0xFFF1,
                product_id: 0x8000,
            };
            let address = self.target.address(0);
            let client = lab.client("alice").map_err(failed)?;
            let mut alice = client.connect(address).await.map_err(failed)?;
            let opened = alice.post("/v1/orders", &order).await.map_err(failed)?;
            let opened = answer(&opened, StatusCode::CREATED)?;
            if opened.state == OrderState::Open {
                return Ok(());
            }
            let client = lab.client("bob").map_err(failed)?;
            let mut bob = client.connect(address).await.map_err(failed)?;
            let path = format!("/v1/orders/{}/approve", Lab::ORDER);
            let approved = bob.send(Method::POST, &path).await.map_err(failed)?;
            answer(&approved, StatusCode::OK).map(|_| ())
        })
    }
}

fn answer(reply: &Reply, wanted: StatusCode) -> Result<OrderAnswer, Failure> {
    if reply.status != wanted {
        let body = String::from_utf8_lossy(&reply.body);
        return Err(Failure::No(format!("the order is refused: {} {body}", reply.status)));
    }
    reply.json().map_err(failed)
}

/// Returns the number of certificates issued for the order.
pub(crate) async fn used(lab: &Lab, target: &Target) -> Result<u64, Failure> {
    let client = lab.client("alice").map_err(failed)?;
    let mut alice = client.connect(target.address(0)).await.map_err(failed)?;
    let path = format!("/v1/orders/{}", Lab::ORDER);
    let reply = alice.send(Method::GET, &path).await.map_err(failed)?;
    Ok(answer(&reply, StatusCode::OK)?.used)
}

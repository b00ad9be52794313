//! Queries of the tests about an order.

use std::process::Output;

use esp_flash_image::Chip;
use serde_json::Value;

use crate::chips::VirtualChip;
use crate::factory::{Factory, ORDER, stderr, stdout};

pub fn plain(chip: Chip, count: u32) -> Factory {
    Factory::new(chip, count, |project| project)
}

pub fn chip(factory: &Factory, number: u8) -> VirtualChip {
    let mac = format!("24:0a:c4:00:00:{number:02x}");
    VirtualChip::start("esp32h2", &mac, &factory.path(&format!("chip{number}")), &[])
}

pub fn status(factory: &Factory) -> Value {
    let output = factory.line(&["status", ORDER, "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn lines(output: &Output) -> Vec<Value> {
    stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub fn ended(output: &Output) -> Vec<(String, String)> {
    let lines = lines(output).into_iter();
    let kinds = ["done", "refused", "quarantined", "retry"];
    let lines = lines.filter(|line| kinds.contains(&line["event"].as_str().unwrap()));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    lines.map(|line| (text(&line["event"]), text(&line["code"]))).collect()
}

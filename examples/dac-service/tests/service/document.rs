//! The OpenAPI document matches the program: routes, roles, statuses, schemas.

use std::collections::{BTreeMap, BTreeSet};

use dac_service::api::{
    Bytes, DacAnswer, DacRequest, DeviceState, HealthAnswer, IdentityProof, NonceAnswer, NonceRequest,
    OnboardingAnswer, OrderAnswer, OrderRequest, OrderState, ProofRequest, StateAnswer, VerifierSet,
};
use dac_service::lab::Reply;
use dac_service::{Nonce, OPENAPI, ProblemDocument, ROUTES};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::schema::{faults, resolve};

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

fn operation<'a>(document: &'a Value, method: &str, path: &str) -> &'a Value {
    &document["paths"][path][method.to_lowercase()]
}

/// Checks that the document lists an answer for a route: status, header, body.
pub(crate) fn check_against_document(method: &str, path: &str, reply: &Reply) {
    let document = document();
    let operation = operation(&document, method, path);
    let response = operation["responses"].get(reply.status.as_str());
    let response = response.unwrap_or_else(|| panic!("{method} {path} has no {}", reply.status));
    let response = resolve(&document, response);
    for (name, header) in response["headers"].as_object().unwrap() {
        let found = reply
            .headers
            .get(name)
            .unwrap_or_else(|| panic!("{method} {path}: {name} is missing"));
        let text = found.to_str().unwrap();
        let value = match header["schema"]["type"].as_str() {
            Some("integer") => Value::from(text.parse::<u64>().unwrap()),
            _ => Value::from(text),
        };
        assert_eq!(
            faults(&document, &header["schema"], &value),
            Vec::<String>::new(),
            "{name}"
        );
    }
    let media = reply.headers["content-type"]
        .to_str()
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let content = response["content"].get(media);
    let content = content.unwrap_or_else(|| panic!("{method} {path} {} has no {media}", reply.status));
    if media != "text/plain" {
        let body = serde_json::from_slice(&reply.body).unwrap();
        let found = faults(&document, &content["schema"], &body);
        // The description of the service is an arbitrary object.
        assert!(
            path == "/v1/openapi.json" || found.is_empty(),
            "{method} {path}: {found:?}"
        );
    }
}

#[test]
fn document_has_the_routes_statuses_and_roles_of_the_program() {
    let document = document();
    let mut documented = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let statuses = operation["responses"].as_object().unwrap().keys();
            let statuses = statuses
                .map(|status| status.parse::<u16>().unwrap())
                .collect::<BTreeSet<_>>();
            let role = operation.get("x-role").and_then(Value::as_str).map(str::to_owned);
            documented.insert((method.to_uppercase(), path.clone()), (statuses, role));
        }
    }
    let routed = ROUTES.iter().map(|route| {
        assert!(route.statuses.is_sorted(), "{}", route.path);
        let role = route.roles.first().map(ToString::to_string);
        let statuses = route.statuses.iter().copied().collect();
        ((route.method.to_owned(), route.path.to_owned()), (statuses, role))
    });
    assert_eq!(documented, routed.collect());
}

#[test]
fn every_reference_and_parameter_of_the_document_leads_somewhere() {
    fn walk(document: &Value, value: &Value, seen: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    assert!(
                        document.pointer(reference.strip_prefix('#').unwrap()).is_some(),
                        "{reference}"
                    );
                    seen.insert(reference.clone());
                }
                members.values().for_each(|value| walk(document, value, seen));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(document, value, seen)),
            _ => {}
        }
    }
    let document = document();
    let mut seen = BTreeSet::new();
    walk(&document, &document, &mut seen);
    for kind in ["schemas", "responses", "parameters"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            assert!(
                seen.contains(&format!("#/components/{kind}/{name}")),
                "{kind} {name} is used nowhere"
            );
        }
    }
    for route in ROUTES {
        let names = route
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let operation = operation(&document, route.method, route.path);
        let parameters = operation
            .get("parameters")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let documented = parameters
            .iter()
            .map(|parameter| resolve(&document, parameter)["name"].as_str().unwrap());
        assert_eq!(
            names.collect::<Vec<_>>(),
            documented.collect::<Vec<_>>(),
            "{}",
            route.path
        );
    }
}

fn bytes(byte: u8) -> Bytes {
    Bytes(vec![byte; 5])
}

/// The example of a schema is a value of the type, and the type's output fits the schema; unknown and missing members
/// are refused by both.
fn agrees<T: Serialize + DeserializeOwned>(name: &str, values: &[T]) {
    let document = document();
    let schema = &document["components"]["schemas"][name];
    for value in values {
        let written = serde_json::to_value(value).unwrap();
        assert_eq!(faults(&document, schema, &written), Vec::<String>::new(), "{name}");
        let properties = schema["properties"].as_object().unwrap();
        assert!(
            written
                .as_object()
                .unwrap()
                .keys()
                .all(|member| properties.contains_key(member))
        );
        let mut more = written.clone();
        more["surplus"] = Value::Null;
        assert!(
            serde_json::from_value::<T>(more.clone()).is_err(),
            "{name} takes members that it does not know"
        );
        assert!(!faults(&document, schema, &more).is_empty());
        for member in written.as_object().unwrap().keys() {
            let mut less = written.clone();
            less.as_object_mut().unwrap().remove(member);
            let is_required = schema["required"]
                .as_array()
                .unwrap()
                .contains(&Value::from(member.as_str()));
            assert_eq!(
                serde_json::from_value::<T>(less).is_err(),
                is_required,
                "{name}.{member}"
            );
        }
    }
    // A proof has no example of its own: it is part of a request's.
    if let Some(example) = schema.get("example") {
        assert_eq!(faults(&document, schema, example), Vec::<String>::new(), "{name}");
        let read = serde_json::from_value::<T>(example.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = serde_json::to_value(read).unwrap();
        for (member, value) in example.as_object().unwrap() {
            assert_eq!(again[member], *value, "{name}.{member}");
        }
    }
    let every = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .collect::<BTreeSet<_>>();
    let written = values
        .iter()
        .flat_map(|value| match serde_json::to_value(value).unwrap() {
            Value::Object(members) => members.into_iter().map(|(name, _)| name).collect::<Vec<_>>(),
            _ => Vec::new(),
        });
    assert_eq!(
        written.collect::<BTreeSet<_>>(),
        every.into_iter().cloned().collect(),
        "{name}"
    );
}

#[test]
fn schemas_are_those_of_the_types() {
    let nonce = Nonce::new([0xAB; 32]);
    let key = "ab".repeat(32);
    let identity = IdentityProof {
        certificate: bytes(1),
        intermediates: vec![bytes(2)],
        signature: bytes(3),
    };
    agrees("NonceRequest", &[NonceRequest { count: 1 }, NonceRequest { count: 64 }]);
    agrees(
        "NonceAnswer",
        &[NonceAnswer {
            nonces: vec![nonce],
            expires_in: 5,
        }],
    );
    agrees("IdentityProof", std::slice::from_ref(&identity));
    let request = DacRequest {
        serial: "~!".into(),
        order: Some("o".into()),
        csr: bytes(4),
        nonce,
        identity,
    };
    agrees("DacRequest", &[request]);
    let verifier = VerifierSet {
        discriminator: 4095,
        iterations: 1000,
        salt: bytes(5),
        verifier: bytes(6),
    };
    agrees("VerifierSet", std::slice::from_ref(&verifier));
    for state in [DeviceState::Signed, DeviceState::Installed, DeviceState::Proved] {
        agrees(
            "StateAnswer",
            &[StateAnswer {
                key: key.clone(),
                state,
            }],
        );
    }
    let answer = DacAnswer {
        key: key.clone(),
        order: "o".into(),
        state: DeviceState::Signed,
        dac: bytes(7),
        pai: bytes(8),
        cd: bytes(9),
        verifier,
    };
    agrees("DacAnswer", &[answer]);
    let proof = ProofRequest {
        nonce,
        image_sha256: key,
        signature: bytes(1),
    };
    agrees("ProofRequest", &[proof]);
    let codes = OnboardingAnswer {
        serial: "LAMP".into(),
        state: DeviceState::Proved,
        qr: "MT:Y.K9042C00KA0648G00".into(),
        manual: "34970112332".into(),
    };
    agrees("OnboardingAnswer", &[codes]);
    let order = OrderRequest {
        id: "o".into(),
        size: u32::MAX,
        vendor_id: 0xFFF4,
        product_id: 0xFFFF,
    };
    agrees("OrderRequest", &[order]);
    for state in [OrderState::Closed, OrderState::Open, OrderState::Proposed] {
        let order = OrderAnswer {
            id: "o".into(),
            size: 1,
            used: 1,
            vendor_id: Some(1),
            product_id: Some(1),
            state,
            opened_by: Some("a".into()),
            approved_by: Some("b".into()),
        };
        agrees("OrderAnswer", &[order]);
    }
    agrees("HealthAnswer", &[HealthAnswer { status: "ok".into() }]);
    let problem = ProblemDocument {
        kind: "about:blank".into(),
        title: "Conflict".into(),
        status: 409,
        detail: "a sentence".into(),
        code: "order-full".into(),
    };
    agrees("ProblemDocument", &[problem]);
}

#[test]
fn no_schema_is_without_a_type() {
    let document = document();
    let compared = [
        "DacAnswer",
        "DacRequest",
        "HealthAnswer",
        "IdentityProof",
        "NonceAnswer",
        "NonceRequest",
        "OnboardingAnswer",
        "OrderAnswer",
        "OrderRequest",
        "ProblemDocument",
        "ProofRequest",
        "StateAnswer",
        "VerifierSet",
    ];
    let schemas = document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str);
    assert_eq!(schemas.collect::<BTreeSet<_>>(), compared.into_iter().collect());
}

//! Random interleavings of requests, restarts and failures of two desks, compared with a naive model.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/engines.rs"]
mod engines;
#[path = "support/faulty.rs"]
mod faulty;
#[path = "support/pki.rs"]
mod pki;

use std::collections::BTreeSet;

use engines::{Engine, postgres, sqlite};
use faulty::{Faulty, Fuse};
use matter_issuance::{Desk, DeviceId, KeyHash, Log, Proof, Refusal, Request, State};
use pki::{Pki, key, log_signer, open_order};
use proptest::prelude::*;

const DEVICES: [&str; 4] = ["d0", "d1", "d2", "d3"];
const KEYS: [&str; 6] = ["k0", "k1", "k2", "k3", "k4", "k5"];
const ORDERS: [(&str, u32); 2] = [("large", 3), ("small", 1)];

#[derive(Clone, Debug)]
struct Wish {
    device: usize,
    key: usize,
    order: usize,
    new_key: bool,
}

#[derive(Clone, Debug)]
enum Step {
    Issue(Vec<Wish>),
    Installed(usize),
    Proved(usize),
    Close(usize),
    Restart,
    /// The PAI's token is absent for one batch, as if the process died between the two transactions.
    NoToken(Vec<Wish>),
    /// The second signature of the log fails in a batch, as if the process died before its second commit.
    NoCommit(Vec<Wish>),
}

#[derive(Clone, Debug)]
struct Row {
    device: usize,
    key: usize,
    order: usize,
    state: State,
    dac: Option<Vec<u8>>,
}

#[derive(Default)]
struct Model {
    rows: Vec<Row>,
    is_closed: [bool; 2],
}

impl Model {
    fn row(&mut self, key: usize) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.key == key)
    }

    /// The first transaction of a batch, for one request.
    fn accept(&mut self, wish: &Wish) -> Result<(), &'static str> {
        let is_closed = self.is_closed[wish.order];
        if let Some(row) = self.row(wish.key) {
            return match row.state {
                _ if row.device != wish.device => Err("key-known"),
                State::Retired => Err("key-retired"),
                _ if row.order != wish.order => Err("device-of-other-order"),
                State::CsrOk if is_closed => Err("order-closed"),
                _ => Ok(()),
            };
        }
        if is_closed {
            return Err("order-closed");
        }
        let live = |row: &&Row| row.state != State::Retired;
        let other = self
            .rows
            .iter()
            .filter(live)
            .find(|row| row.device == wish.device)
            .cloned();
        if let Some(other) = &other
            && !wish.new_key
        {
            return Err(if other.order == wish.order {
                "device-known"
            } else {
                "device-of-other-order"
            });
        }
        let others = self
            .rows
            .iter()
            .filter(live)
            .filter(|row| row.order == wish.order && row.device != wish.device);
        if others.count() >= usize::try_from(ORDERS[wish.order].1).unwrap() {
            return Err("order-full");
        }
        if let Some(other) = other {
            self.row(other.key).unwrap().state = State::Retired;
        }
        self.rows.push(Row {
            device: wish.device,
            key: wish.key,
            order: wish.order,
            state: State::CsrOk,
            dac: None,
        });
        Ok(())
    }

    /// A later step of a device with a known key.
    fn advance(&mut self, key: usize, from: State, to: State) -> Result<(), &'static str> {
        let Some(row) = self.row(key) else {
            return Err("key-unknown");
        };
        match row.state {
            State::Retired => Err("key-retired"),
            state if state >= to => Ok(()),
            state if state == from => {
                row.state = to;
                Ok(())
            }
            _ => Err("wrong-state"),
        }
    }
}

/// Two desks on one ledger, with signers that fail on demand.
struct World<'e> {
    engine: &'e Engine,
    pki: Pki,
    token: Fuse,
    commit: Fuse,
    desks: [Option<Desk<Faulty>>; 2],
    model: Model,
}

impl<'e> World<'e> {
    fn new(engine: &'e Engine) -> Self {
        let mut world = Self {
            engine,
            pki: Pki::new(),
            token: Fuse::new(),
            commit: Fuse::new(),
            desks: [None, None],
            model: Model::default(),
        };
        for (order, size) in ORDERS {
            open_order(world.desk(0).registrar(), order, size);
        }
        world
    }

    fn desk(&mut self, number: usize) -> &mut Desk<Faulty> {
        let Self {
            engine,
            pki,
            token,
            commit,
            desks,
            ..
        } = self;
        desks[number].get_or_insert_with(|| {
            let signer = Faulty {
                key: pki.pai_key.clone(),
                fuse: token.clone(),
            };
            let log = Faulty {
                key: key("log"),
                fuse: commit.clone(),
            }
            .log_signer();
            Desk::new(
                engine.open(),
                pki.pai.clone(),
                signer,
                &pki.declaration,
                log,
                pki.policy(),
            )
            .unwrap()
        })
    }

    fn run(&mut self, number: usize, step: &Step) {
        match step {
            Step::Issue(wishes) => self.issue(number, wishes),
            Step::NoToken(wishes) => {
                self.token.fail_after(0);
                self.fail(number, wishes);
            }
            Step::NoCommit(wishes) => {
                self.commit.fail_after(1);
                self.fail(number, wishes);
            }
            Step::Installed(name) => {
                let expected = self.model.advance(*name, State::Signed, State::Installed);
                let key = KeyHash::of(&key(KEYS[*name]).public_key());
                let found = self.desk(number).installed(&[key]).unwrap().remove(0);
                assert_eq!(found.map_err(|refusal| refusal.code()), expected);
            }
            Step::Proved(name) => {
                let expected = self.model.advance(*name, State::Installed, State::Proved);
                let key = KeyHash::of(&key(KEYS[*name]).public_key());
                let proof = Proof {
                    key,
                    image_sha256: [0; 32],
                };
                let found = self.desk(number).proved(&[proof]).unwrap().remove(0);
                assert_eq!(found.map_err(|refusal| refusal.code()), expected);
            }
            Step::Close(order) => {
                let was_closed = std::mem::replace(&mut self.model.is_closed[*order], true);
                let found = self
                    .desk(number)
                    .registrar()
                    .close_order(ORDERS[*order].0, "bob")
                    .unwrap();
                assert_eq!(found.is_err(), was_closed);
            }
            Step::Restart => self.desks[number] = None,
        }
    }

    fn issue(&mut self, number: usize, wishes: &[Wish]) {
        let accepted: Vec<_> = wishes.iter().map(|wish| self.model.accept(wish)).collect();
        for wish in wishes
            .iter()
            .zip(&accepted)
            .filter_map(|(wish, accepted)| accepted.is_ok().then_some(wish))
        {
            let row = self.model.row(wish.key).unwrap();
            if row.state == State::CsrOk {
                row.state = State::Signed;
            }
        }
        let answers = self.desk(number).issue(&requests(wishes)).unwrap();
        for ((wish, accepted), answer) in wishes.iter().zip(accepted).zip(answers) {
            let row = self.model.row(wish.key);
            let expected = accepted.and_then(|()| match row.as_ref().unwrap().state {
                // A later request of the batch replaced it.
                State::Retired => Err("key-retired"),
                state => Ok(state),
            });
            assert_eq!(
                answer.as_ref().map(|issued| issued.state).map_err(Refusal::code),
                expected,
                "{wish:?}"
            );
            if let (Ok(issued), Some(row)) = (answer, row) {
                assert_eq!(issued.dac.public_key(), key(KEYS[wish.key]).public_key());
                let dac = row.dac.get_or_insert_with(|| issued.dac.as_der().to_vec());
                assert_eq!(dac, issued.dac.as_der(), "a second certificate of {wish:?}");
            }
        }
    }

    /// Runs a batch in which a signer fails, unless there is nothing to sign.
    fn fail(&mut self, number: usize, wishes: &[Wish]) {
        for wish in wishes {
            let _ = self.model.accept(wish);
        }
        if let Ok(answers) = self.desk(number).issue(&requests(wishes)) {
            for (wish, answer) in wishes.iter().zip(answers) {
                let (Ok(issued), Some(row)) = (answer, self.model.row(wish.key)) else {
                    continue;
                };
                row.state = row.state.max(State::Signed);
                let dac = row.dac.get_or_insert_with(|| issued.dac.as_der().to_vec());
                assert_eq!(dac, issued.dac.as_der(), "a second certificate of {wish:?}");
            }
        }
        self.token.mend();
        self.commit.mend();
    }

    fn check(&mut self) {
        let registrar = self.desk(0).registrar();
        let (rows, head) = registrar.log().unwrap();
        Log::verify(&rows, &head, &[log_signer().public_key()]).unwrap();
        for (order, size) in ORDERS {
            assert!(registrar.order(order).unwrap().unwrap().used <= size.into());
        }
        for (index, name) in KEYS.iter().enumerate() {
            let hash = KeyHash::of(&key(name).public_key());
            let known = self.desk(1).registrar().find_key(hash).unwrap();
            let row = self.model.row(index);
            assert_eq!(
                known.as_ref().map(|known| known.state),
                row.as_ref().map(|row| row.state),
                "{name}"
            );
            let (Some(known), Some(row)) = (known, row) else {
                continue;
            };
            if row.dac.is_some() {
                assert_eq!(known.dac.as_ref().map(|dac| dac.as_der().to_vec()), row.dac);
            }
        }
        let dacs = self.model.rows.iter().filter_map(|row| row.dac.clone());
        let serials: BTreeSet<Vec<u8>> = dacs.clone().collect();
        assert_eq!(serials.len(), dacs.count());
    }
}

fn requests(wishes: &[Wish]) -> Vec<Request> {
    let request = |wish: &Wish| {
        let device = DeviceId::new(DEVICES[wish.device]).unwrap();
        let pkcs10 = pki::csr(&key(KEYS[wish.key]));
        let request = Request::from_csr(ORDERS[wish.order].0, device, "station 1", &pkcs10).unwrap();
        if wish.new_key {
            request.with_new_key("repaired").unwrap()
        } else {
            request
        }
    };
    wishes.iter().map(request).collect()
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let wish = (
        0..DEVICES.len(),
        0..KEYS.len(),
        0..ORDERS.len(),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(device, key, order, new_key)| Wish {
            device,
            key,
            order,
            new_key,
        });
    prop::collection::vec(wish, 1..4)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => wishes().prop_map(Step::Issue),
        4 => (0..KEYS.len()).prop_map(Step::Installed),
        3 => (0..KEYS.len()).prop_map(Step::Proved),
        1 => (0..ORDERS.len()).prop_map(Step::Close),
        2 => Just(Step::Restart),
        2 => wishes().prop_map(Step::NoToken),
        2 => wishes().prop_map(Step::NoCommit),
    ]
}

fn check(engine: &Engine, steps: &[(usize, Step)]) {
    let mut world = World::new(engine);
    for (desk, step) in steps {
        world.run(*desk, step);
    }
    world.check();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn two_desks_match_the_model(steps in prop::collection::vec((0usize..2, step()), 1..24)) {
        check(&sqlite(), &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn two_desks_match_the_model_on_a_server(steps in prop::collection::vec((0usize..2, step()), 1..24)) {
        if let Some(engine) = postgres() {
            check(&engine, &steps);
        }
    }
}

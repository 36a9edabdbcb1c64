//! Context keys, inside of the crate. These tests are the same with `std`, with `alloc` and with
//! neither. `tests/derives/tests/context_key.rs` tests the view of a user's crate.

use super::{
    ContextKey, ContextKeyCollision, ContextKeyIdentity, InvalidContextKey, TypedContextKey,
};

#[derive(ContextKey)]
#[context_key(value = u64, crate = crate)]
struct UserId;

#[derive(ContextKey)]
#[context_key(value = &'static [u8], name = "trace.id", crate = crate)]
enum Trace {}

mod elsewhere {
    use super::ContextKey;

    #[derive(ContextKey)]
    #[context_key(value = [u8; 16], crate = crate)]
    pub(super) struct UserId;
}

/// A key that is implemented by hand.
struct ByHand;

impl TypedContextKey for ByHand {
    type Value = ();
    const NAME: &'static str = "by-hand";
}

/// A context of fixed size, which does the least of a store: one value of one type.
#[derive(Default)]
struct Slots {
    held: [Option<(ContextKeyIdentity, u64)>; 2],
}

impl Slots {
    fn set<K: TypedContextKey<Value = u64>>(&mut self, value: u64) -> Result<(), &'static str> {
        let identity = ContextKeyIdentity::of::<K>();
        for (held, _) in self.held.iter().flatten() {
            identity.check_beside(*held).map_err(|collision| collision.name)?;
        }
        let free = self
            .held
            .iter_mut()
            .find(|slot| slot.is_none_or(|(held, _)| held == identity))
            .ok_or("full")?;
        *free = Some((identity, value));
        Ok(())
    }

    fn get<K: TypedContextKey<Value = u64>>(&self) -> Option<K::Value> {
        let identity = ContextKeyIdentity::of::<K>();
        self.held.iter().flatten().find(|(held, _)| *held == identity).map(|(_, value)| *value)
    }
}

#[test]
fn a_typed_key_has_a_name_and_a_value_type() {
    assert_eq!(UserId::KEY.name(), "user-id");
    assert_eq!(Trace::KEY.name(), "trace.id");
    assert_eq!(ByHand::KEY.name(), "by-hand");
    let _: <UserId as TypedContextKey>::Value = 1_u64;
    let _: <Trace as TypedContextKey>::Value = b"bytes".as_slice();
}

#[test]
fn a_name_is_one_to_sixty_four_bytes_without_control_characters() {
    const LONGEST: &str = "0123456789012345678901234567890123456789012345678901234567890123";
    assert_eq!(LONGEST.len(), ContextKey::MAX_NAME_BYTES);
    assert_eq!(ContextKey::new(LONGEST).map(ContextKey::name), Ok(LONGEST));
    assert_eq!(
        ContextKey::new("01234567890123456789012345678901234567890123456789012345678901234"),
        Err(InvalidContextKey::TooLong { bytes: 65 })
    );
    assert_eq!(ContextKey::new(""), Err(InvalidContextKey::Empty));
    for (name, at, code_point) in [
        ("\0", 0, 0),
        ("user\n", 4, 0x0A),
        ("\u{1f}a", 0, 0x1F),
        ("é\u{7f}", 2, 0x7F),
        ("a\u{80}", 1, 0x80),
        ("a\u{9f}b\n", 1, 0x9F),
    ] {
        assert_eq!(
            ContextKey::new(name),
            Err(InvalidContextKey::ControlCharacter { at, code_point }),
            "{name:?}"
        );
    }
    for name in ["a", "user_id", "user id", "\u{a0}", "é", "ключ", "\u{2028}", "wasi:http/x@1.0"]
    {
        assert_eq!(ContextKey::try_from(name).map(ContextKey::name), Ok(name));
    }
}

#[test]
fn two_keys_of_one_name_do_not_share_a_context() {
    let here = ContextKeyIdentity::of::<UserId>();
    let there = ContextKeyIdentity::of::<elsewhere::UserId>();
    assert_eq!(here.key(), there.key());
    assert_ne!(here, there);
    let ContextKeyCollision { name, held, refused } = there.check_beside(here).unwrap_err();
    assert_eq!(name, "user-id");
    assert!(held.ends_with("tests::UserId"), "{held}");
    assert!(refused.ends_with("elsewhere::UserId"), "{refused}");
}

#[test]
fn a_key_shares_a_context_with_itself_and_with_every_other_name() {
    let user = ContextKeyIdentity::of::<UserId>();
    assert_eq!(user, ContextKeyIdentity::of::<UserId>());
    assert_eq!(user.check_beside(user), Ok(()));
    assert_eq!(user.check_beside(ContextKeyIdentity::of::<Trace>()), Ok(()));
}

#[test]
fn a_context_of_fixed_size_needs_only_the_identity() {
    mod other {
        use super::ContextKey;

        #[derive(ContextKey)]
        #[context_key(value = u64, name = "user-id", crate = crate)]
        pub(super) struct Actor;
    }
    let mut slots = Slots::default();
    assert_eq!(slots.get::<UserId>(), None);
    assert_eq!(slots.set::<UserId>(1), Ok(()));
    assert_eq!(slots.set::<UserId>(2), Ok(()));
    assert_eq!(slots.set::<other::Actor>(3), Err("user-id"));
    assert_eq!(slots.get::<UserId>(), Some(2));
    assert_eq!(slots.get::<other::Actor>(), None);
}

#[test]
fn a_key_can_be_a_constant() {
    const KEY: Result<ContextKey<'static>, InvalidContextKey> = ContextKey::new("user_id");
    const IDENTITY: ContextKeyIdentity = ContextKeyIdentity::of::<UserId>();
    const NAME: &str = IDENTITY.key().name();
    assert_eq!(KEY.map(ContextKey::name), Ok("user_id"));
    assert_eq!(NAME, "user-id");
}

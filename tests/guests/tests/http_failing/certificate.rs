//! Self-signed certificates.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The key and the certificate of a server.
pub(crate) struct Identity {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// The time in which a certificate is valid.
#[derive(Clone, Copy)]
pub(crate) enum Validity {
    Now,
    Past,
}

impl Identity {
    /// Creates a key, and a certificate whose owner is `host`.
    pub(crate) fn new(host: &str, validity: Validity) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap();
        // ecdsa-with-SHA256
        let signing = sequence(&[&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]]);
        let content = content(host, validity, pair.public_key().as_ref(), &signing);
        let signature = pair.sign(&random, &content).unwrap();
        let certificate = sequence(&[&content, &signing, &bits(signature.as_ref())]);
        Self { certificate, key: key.as_ref().to_vec() }
    }

    pub(crate) fn certificate(&self) -> Vec<u8> {
        self.certificate.clone()
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.clone()).into()
    }
}

/// Returns the part of a certificate that is signed.
fn content(host: &str, validity: Validity, public: &[u8], signing: &[u8]) -> Vec<u8> {
    // commonName
    let common_name = [&[6, 3, 0x55, 4, 3][..], &encoded(0x0c, &[host.as_bytes()])];
    let name = sequence(&[&encoded(0x31, &[&sequence(&common_name)])]);
    let (start, end) = match validity {
        Validity::Now => (b"200101000000Z", b"491231235959Z"),
        Validity::Past => (b"200101000000Z", b"201231235959Z"),
    };
    let time = |at: &[u8]| encoded(0x17, &[at]);
    // id-ecPublicKey, prime256v1
    let algorithm = sequence(&[
        &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1],
        &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
    ]);
    // subjectAltName: a DNS name
    let names = sequence(&[&encoded(0x82, &[host.as_bytes()])]);
    let names = sequence(&[&[6, 3, 0x55, 0x1d, 0x11], &encoded(4, &[&names])]);
    sequence(&[
        &encoded(0xa0, &[&[2, 1, 2]]),
        &[2, 1, 1],
        signing,
        &name,
        &sequence(&[&time(start), &time(end)]),
        &name,
        &sequence(&[&algorithm, &bits(public)]),
        &encoded(0xa3, &[&sequence(&[&names])]),
    ])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    encoded(0x30, parts)
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    encoded(3, &[&[0], bytes])
}

/// Returns a value in DER: its tag, its length and its bytes.
fn encoded(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let bytes = parts.concat();
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    let mut all = vec![tag];
    match length {
        [0, short @ ..=127] => all.push(short),
        [0, long] => all.extend([0x81, long]),
        [high, low] => all.extend([0x82, high, low]),
    }
    all.extend(bytes);
    all
}

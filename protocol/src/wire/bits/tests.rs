use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn what_is_written_is_read(parts in proptest::collection::vec((any::<u64>(), 0..=BITS_AT_ONCE), 0..60)) {
        let mut bytes = vec![0xaa];
        let mut writer = BitWriter::new(&mut bytes);
        for (value, bits) in &parts {
            writer.write(value & ((1 << bits) - 1), *bits);
            writer.varint(*value);
            writer.signed(*value as i64);
            writer.golomb(*value as u32, bits % 32);
            writer.rice(*value as u32 >> 20, bits % 16, 1 << 12 | bits);
            writer.append(&value.to_le_bytes(), 3, *bits as usize);
        }
        writer.bytes(b"end");
        let mut reader = BitReader::new(&bytes);
        prop_assert_eq!(reader.read(8).unwrap(), 0xaa);
        for (value, bits) in &parts {
            prop_assert_eq!(reader.read(*bits).unwrap(), value & ((1 << bits) - 1));
            prop_assert_eq!(reader.varint().unwrap(), *value);
            prop_assert_eq!(reader.signed().unwrap(), *value as i64);
            prop_assert_eq!(reader.golomb(bits % 32).unwrap(), *value as u32);
            prop_assert_eq!(reader.rice(bits % 16, 1 << 12 | bits).unwrap(), *value as u32 >> 20);
            prop_assert_eq!(reader.read(*bits).unwrap(), value >> 3 & ((1 << bits) - 1));
        }
        prop_assert_eq!(reader.bytes(3).unwrap(), b"end");
        reader.finish().unwrap();
    }

    #[test]
    fn several_values_are_written_as_one_after_the_other(
        parts in proptest::collection::vec((any::<u64>(), 0..=BITS_AT_ONCE), 0..60),
        before in 0..=BITS_AT_ONCE,
    ) {
        let parts: Vec<_> = parts.into_iter().map(|(value, bits)| (value & ((1 << bits) - 1), bits)).collect();
        let mut bytes = Vec::new();
        let mut writer = BitWriter::new(&mut bytes);
        writer.write(0, before);
        writer.write_each(parts.iter().copied());
        writer.write(1, 1);
        writer.finish();
        let mut reader = BitReader::new(&bytes);
        prop_assert_eq!(reader.read(before).unwrap(), 0);
        for (value, bits) in parts {
            prop_assert_eq!(reader.read(bits).unwrap(), value);
        }
        prop_assert_eq!(reader.read(1).unwrap(), 1);
        reader.finish().unwrap();
    }

    #[test]
    fn reading_ends_where_the_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..20), step in 1..=BITS_AT_ONCE) {
        let mut reader = BitReader::new(&bytes);
        let reads = (0..1_000).take_while(|_| reader.read(step).is_ok()).count();
        prop_assert_eq!(reads, bytes.len() * 8 / step as usize);
        prop_assert!(reader.bytes(usize::MAX).is_err());
    }
}

#[test]
fn what_fills_up_a_byte_is_zero() {
    let mut reader = BitReader::new(&[0b1001]);
    assert_eq!(reader.read(2), Ok(1));
    assert!(reader.finish().is_err());
    assert_eq!(BitReader::new(&[0, 0]).finish(), Err(DecodeError::Leftover(2)));
}

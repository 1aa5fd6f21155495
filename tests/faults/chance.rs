//! Numbers that look random and come again with the same seed.

/// A small generator (Knuth's MMIX constants).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The generator of a seed; near seeds give unlike numbers.
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Self(seed ^ 0x9E37_79B9_7F4A_7C15);
        for _ in 0..4 {
            chance.next();
        }
        chance
    }

    /// Returns a number below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Returns a number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// Returns one of them.
    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        let index = usize::try_from(self.below(of.len() as u64)).expect("below the length of a slice");
        of[index]
    }

    /// Brings a list into another order.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for index in (1..list.len()).rev() {
            let other = usize::try_from(self.below(index as u64 + 1)).expect("below the length of a slice");
            list.swap(index, other);
        }
    }

    /// Returns 32 hexadecimal digits.
    pub(crate) fn nonce(&mut self) -> String {
        let (upper, lower) = (u128::from(self.next()), u128::from(self.next()));
        // A draw has 35 bits; the rest come from further draws.
        let more = u128::from(self.next()) << 70 | u128::from(self.next()) << 105;
        format!("{:032x}", more ^ (upper << 35) ^ lower)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 29
    }
}

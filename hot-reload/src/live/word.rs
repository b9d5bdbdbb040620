//! [`LiveWord`]: a flag or a number of the value, mirrored into an atomic.

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::follow::{Follow, Joined};
use super::news::Channel;
use super::{Live, NOT_READY};

/// A flag or a number of a value, for the innermost loop: from [`Live::atomic`]. Reading it is reading an atomic.
///
/// It is written when a value is published, just after that has become visible, and before anybody is told. Two words may be
/// read from two values; what belongs together is read from one [`load`](Live::load). Clones are of the same word.
#[derive(Clone)]
pub struct LiveWord<U> {
    word: Arc<Line>,
    _word: PhantomData<fn() -> U>,
    /// What writes it, and what keeps the service running.
    _keep: Arc<dyn Any + Send + Sync>,
}

/// Alone on its cache line, so that nothing else that is written slows its readers down.
#[derive(Default)]
#[repr(align(64))]
struct Line(AtomicU64);

impl<U: Word> LiveWord<U> {
    /// What it is now.
    #[inline]
    pub fn get(&self) -> U {
        U::from_bits(self.word.0.load(Ordering::Acquire))
    }
}

impl<V: Send + Sync + 'static> Live<V> {
    /// A flag or a number of the value, mirrored into an atomic at each publication, for reading in the innermost loop.
    ///
    /// ```
    /// struct Limits { requests: u32 }
    /// let live = hot_reload::Live::fixed(Limits { requests: 100 });
    /// let requests = live.atomic(|limits| limits.requests);
    /// assert_eq!(requests.get(), 100);
    /// ```
    ///
    /// If the function panics over a value, that value is not published.
    ///
    /// # Panics
    ///
    /// As [`load`](Self::load).
    #[track_caller]
    pub fn atomic<U: Word>(&self, part: fn(&V) -> U) -> LiveWord<U> {
        let word = Arc::new(Line::default());
        let mirror = Arc::new(Mirror {
            part,
            word: Arc::clone(&word),
            prepared: AtomicU64::new(0),
        });
        let follower: Arc<dyn Follow<V>> = mirror.clone();
        loop {
            let now = self.try_get().expect(NOT_READY);
            mirror.prepare(None, now.value());
            mirror.follow();
            let is_newest = || self.shared.cell.is_newest(now.node());
            let joined = self
                .shared
                .followers
                .join(Arc::downgrade(&follower), is_newest);
            if joined != Joined::TooLate {
                break;
            }
        }
        LiveWord {
            word,
            _word: PhantomData,
            _keep: Arc::new((mirror, self.keep.clone())),
        }
    }
}

struct Mirror<V, U> {
    part: fn(&V) -> U,
    word: Arc<Line>,
    /// What the word is to become.
    prepared: AtomicU64,
}

impl<V, U: Word> Follow<V> for Mirror<V, U> {
    fn prepare(&self, _before: Option<&V>, now: &V) {
        let bits = (self.part)(now).into_bits();
        self.prepared.store(bits, Ordering::Relaxed);
    }

    fn follow(&self) -> Option<Arc<Channel>> {
        let bits = self.prepared.load(Ordering::Relaxed);
        self.word.0.store(bits, Ordering::Release);
        None
    }

    fn channel(&self) -> Option<Arc<Channel>> {
        None
    }
}

impl<U: Word + fmt::Debug> fmt::Debug for LiveWord<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LiveWord").field(&self.get()).finish()
    }
}

/// What fits into a [`LiveWord`]: `bool`, `char`, and the numbers of up to 64 bits.
pub trait Word: sealed::Bits {}

#[allow(unnameable_types, reason = "so that nobody else implements it")]
mod sealed {
    pub trait Bits: Copy + Send + Sync + 'static {
        fn into_bits(self) -> u64;
        fn from_bits(bits: u64) -> Self;
    }
}

/// Words, and how they become bits and come back from them.
macro_rules! words {
    ($($word:ty: $into:expr, $from:expr;)*) => {$(
        impl sealed::Bits for $word {
            #[inline]
            fn into_bits(self) -> u64 {
                let into: fn(Self) -> u64 = $into;
                into(self)
            }

            #[inline]
            fn from_bits(bits: u64) -> Self {
                let from: fn(u64) -> Self = $from;
                from(bits)
            }
        }

        impl Word for $word {}
    )*};
}

words! {
    bool: u64::from, |bits| bits != 0;
    char: u64::from, |bits| char::from_u32(bits as u32).unwrap_or_default();
    u8: u64::from, |bits| bits as u8;
    u16: u64::from, |bits| bits as u16;
    u32: u64::from, |bits| bits as u32;
    u64: |word| word, |bits| bits;
    usize: |word| word as u64, |bits| bits as usize;
    i8: |word| word as u64, |bits| bits as i8;
    i16: |word| word as u64, |bits| bits as i16;
    i32: |word| word as u64, |bits| bits as i32;
    i64: |word| word as u64, |bits| bits as i64;
    isize: |word| word as u64, |bits| bits as isize;
    f32: |word| u64::from(word.to_bits()), |bits| f32::from_bits(bits as u32);
    f64: f64::to_bits, f64::from_bits;
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::sealed::Bits;
    use super::*;

    fn round_trip<U: Word + PartialEq + Debug>(words: impl IntoIterator<Item = U>) {
        for word in words {
            assert_eq!(U::from_bits(word.into_bits()), word);
            let live = Live::fixed(word);
            assert_eq!(live.atomic(|value| *value).get(), word);
        }
    }

    #[test]
    fn each_kind_of_word_comes_back_as_it_was() {
        round_trip([true, false]);
        round_trip(['\0', 'a', '\u{d7ff}', '\u{e000}', char::MAX]);
        round_trip([u8::MIN, 1, u8::MAX]);
        round_trip([u16::MIN, 1, u16::MAX]);
        round_trip([u32::MIN, 1, u32::MAX]);
        round_trip([u64::MIN, 1, u64::MAX]);
        round_trip([usize::MIN, 1, usize::MAX]);
        round_trip([i8::MIN, -1, 0, i8::MAX]);
        round_trip([i16::MIN, -1, 0, i16::MAX]);
        round_trip([i32::MIN, -1, 0, i32::MAX]);
        round_trip([i64::MIN, -1, 0, i64::MAX]);
        round_trip([isize::MIN, -1, 0, isize::MAX]);
        round_trip([f32::MIN, -0.0, f32::MIN_POSITIVE, f32::INFINITY, f32::MAX]);
        round_trip([f64::MIN, -0.0, f64::MIN_POSITIVE, f64::INFINITY, f64::MAX]);
    }

    #[test]
    fn a_float_keeps_each_of_its_bits() {
        for bits in [f32::NAN.to_bits(), 0x7f80_0001, 0xffc1_2345, 0x8000_0000] {
            let word = f32::from_bits(bits);
            assert_eq!(<f32 as Bits>::from_bits(word.into_bits()).to_bits(), bits);
        }
        for bits in [
            f64::NAN.to_bits(),
            0x7ff0_0000_0000_0001,
            0xfff8_1234_5678_9abc,
        ] {
            let word = <f64 as Bits>::from_bits(f64::from_bits(bits).into_bits());
            assert_eq!(word.to_bits(), bits);
        }
    }
}

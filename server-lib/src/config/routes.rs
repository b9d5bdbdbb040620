//! [`Routes`]: all responses, by path.

use super::route::Route;

/// All responses in a list sorted by path, so that each takes only the memory of its path and content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Routes(Vec<(Box<str>, Route)>);

/// A path that two routes share.
pub(super) struct Taken {
    pub(super) path: Box<str>,
    /// The number of the first route with it.
    pub(super) first: usize,
    /// The number of the second route with it.
    pub(super) index: usize,
}

impl Routes {
    /// No routes yet, with capacity for `count`.
    pub(super) fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Adds the next route of the file.
    pub(super) fn push(&mut self, path: String, route: Route) {
        self.0.push((path.into_boxed_str(), route));
    }

    /// Sorts the routes by path.
    ///
    /// # Errors
    ///
    /// The first route of the file whose path an earlier route has already.
    pub(super) fn finish(self) -> Result<Self, Taken> {
        let Self(mut all) = self;
        let mut order: Vec<u32> = (0..).take(all.len()).collect();
        let path = |index: u32| all.get(index as usize).map(|(path, _)| path);
        // A stable sort keeps routes with equal paths in the order of the file.
        order.sort_by(|one, other| path(*one).cmp(&path(*other)));
        let same = |pair: &&[u32]| matches!(pair, [one, other] if path(*one) == path(*other));
        let twice = order.windows(2).filter(same).min_by_key(|pair| pair[1]);
        if let Some([_, index]) = twice {
            let (index, wanted) = (*index as usize, path(*index));
            let first = all.iter().position(|(path, _)| Some(path) == wanted);
            return Err(Taken {
                path: wanted.cloned().unwrap_or_default(),
                first: first.unwrap_or_default(),
                index,
            });
        }
        drop(order);
        all.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        all.shrink_to_fit();
        Ok(Self(all))
    }

    /// All responses with their paths.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Route)> {
        self.0.iter().map(|(path, route)| (&**path, route))
    }

    /// The response to this path.
    pub(super) fn get(&self, path: &str) -> Option<&Route> {
        let index = self.0.binary_search_by(|(known, _)| (**known).cmp(path));
        self.0.get(index.ok()?).map(|(_, route)| route)
    }
}

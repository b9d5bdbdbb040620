//! Endpoints: the routes of the configuration, and the built-in endpoints. Each answers the requests for one path.
//!
//! A built-in endpoint is a type that implements [`Endpoint`] and a branch for its path at the end of [`find`]. No other file
//! changes. [`Methods::GET`] is for those that only report. The paths of health checks are routes of the configuration.

use super::Answer;
use crate::config::{Methods, Route, ServerConfig};

/// What answers the requests for one path.
pub(super) trait Endpoint: Sync {
    /// The methods that it serves; all others are 405.
    fn methods(&self) -> Methods;

    /// Whether it is a health check: the limits of connections and of concurrent requests do not apply to it. Provided: no.
    fn is_health(&self) -> bool {
        false
    }

    /// The response to a request that it serves.
    fn answer(&self) -> Answer;
}

/// Finds the endpoint of a path. The routes of the configuration come before the built-in endpoints.
pub(super) fn find<'a>(config: &'a ServerConfig, path: &str) -> Option<&'a dyn Endpoint> {
    config.route(path).map(|route| route as &dyn Endpoint)
}

impl Endpoint for Route {
    fn methods(&self) -> Methods {
        self.methods
    }

    fn is_health(&self) -> bool {
        self.health
    }

    fn answer(&self) -> Answer {
        self.response()
    }
}

//! The watch of a service: opened, lost, hints and pushed values.

mod hints;
mod pushes;
mod reconnect;

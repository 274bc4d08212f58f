//! Runs that are over: kept, listed, and held against each other.

pub mod compare;

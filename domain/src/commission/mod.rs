//! Commission: what a plan says, what a trigger earns by it, and why.

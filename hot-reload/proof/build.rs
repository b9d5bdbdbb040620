//! Sets a flag that excludes the unit tests of the included library files, which use other parts here.

fn main() {
    println!("cargo:rustc-cfg=hot_reload_models");
    println!("cargo:rerun-if-changed=build.rs");
}

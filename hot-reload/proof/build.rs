//! Says to the files of the cell that they stand on other parts here, on which their own tests do not.

fn main() {
    println!("cargo:rustc-cfg=hot_reload_models");
    println!("cargo:rerun-if-changed=build.rs");
}

//! Recipes, compiled and run as tests.
//!
//! # Read the data and say what was read
//!
//! ```no_run
//! use kenyon_connectome::DataSet;
//!
//! // The folder is looked for in the places listed at `lookup::candidates`.
//! let data = DataSet::find(None)?;
//! println!("{} edges, content {}", data.manifest.edges, data.manifest.hash);
//! # Ok::<(), kenyon_connectome::DataError>(())
//! ```
//!
//! # Go on without data
//!
//! ```
//! use kenyon_connectome::{Individual, sample};
//!
//! let data = sample::sample(42, 1)?;
//! assert_eq!(data.individual, Individual::Sampled { seed: 42, scale: 1 });
//! assert_eq!(data.connectome.population("KC"), Some(222..366));
//! # Ok::<(), kenyon_connectome::DataError>(())
//! ```
//!
//! # Count the contacts of a pathway
//!
//! ```
//! use kenyon_connectome::{Compartment, CompartmentSet, sample};
//!
//! let data = sample::sample(42, 1)?;
//! let axon_to_dendrite = CompartmentSet::of(&[Compartment::AxonDendrite]);
//! let edges = data.connectome.edges("PN", "KC", axon_to_dendrite);
//! let contacts: u32 = edges.iter().map(|edge| edge.contacts).sum();
//! assert!(contacts > 3800 && contacts < 4200);
//! # Ok::<(), kenyon_connectome::DataError>(())
//! ```
//!
//! # Drive receptor neurons
//!
//! ```
//! use kenyon_connectome::{ReceptorMapping, sample};
//!
//! let panel = sample::sample(42, 1)?.panel;
//! let templates = panel.templates(ReceptorMapping::ByPosition)?;
//! // Row 0 is the spontaneous state; column k drives receptor neurons 2k and 2k + 1.
//! assert_eq!((templates.len(), templates[0].len()), (28, 21));
//! # Ok::<(), kenyon_connectome::DataError>(())
//! ```
//!
//! # Check a folder
//!
//! ```no_run
//! use std::path::Path;
//!
//! use kenyon_connectome::{Descriptor, verify};
//!
//! for check in verify(Path::new("data"), &Descriptor::winding2023()) {
//!     let mark = if check.ok { "ok " } else { "BAD" };
//!     println!("{mark} {}: {} (expected {})", check.name, check.actual, check.expected);
//! }
//! ```

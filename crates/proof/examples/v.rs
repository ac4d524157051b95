fn main(){ let v=kenyon_proof::golden::verify(std::path::Path::new(&std::env::args().nth(1).unwrap()), &mut || Err("none".into())).unwrap();
 for d in &v.deviations { if !d.passed() || std::env::args().nth(2).is_some() { println!("{} {} {:e} tol {:e} at {}", d.file.rsplit('/').next().unwrap(), d.tensor, d.deviation, d.tolerance, d.worst); } }
 println!("{} passed {} failed", v.passed, v.failed); }

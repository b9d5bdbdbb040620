use std::time::*; use hot_reload::source::*; use hot_reload::*; use std::fs;
#[tokio::main(flavor="multi_thread", worker_threads=2)]
async fn main() {
    let dir = std::env::temp_dir().join("lat-x/a/b"); fs::create_dir_all(&dir).unwrap();
    let path = dir.join("c"); fs::write(&path, "0").unwrap();
    let src = File::new(&path).decode(DecodeWith::new(|b| Ok::<_, std::convert::Infallible>(b.to_vec())));
    let mut h = src.watch_realtime().await.unwrap();
    let mut rev = None;
    let (mut hint, mut total, mut fetch) = (vec![], vec![], vec![]);
    if let Ok(Loaded::Value{revision, ..}) = src.reload_since(None).await { rev = revision; }
    for i in 0..1000 {
        let mode = std::env::args().nth(1).unwrap_or_default();
        let (t0, draft) = (Instant::now(), dir.join("d"));
        let text = format!("value {i} {mode}");
        let p2 = path.clone();
        let start = tokio::task::spawn_blocking(move || { if mode == "inplace" { let t = Instant::now(); fs::write(&p2, text).unwrap(); t } else { fs::write(&draft, text).unwrap(); let t = Instant::now(); fs::rename(&draft, &p2).unwrap(); t } });
        let _ = t0;
        let mut first = None; 
        loop {
            h.rx.recv().await; let t1 = Instant::now(); first.get_or_insert(t1);
            match src.reload_since(rev.as_ref()).await { Ok(Loaded::Value{revision, ..}) => { rev = revision; let t2 = Instant::now(); let s = start.await.unwrap(); hint.push(first.unwrap() - s); total.push(t2 - s); fetch.push(t2-t1); break }, _ => {} }
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
        while let Ok(_) = h.rx.try_recv() { let _ = src.reload_since(rev.as_ref()).await; }
    }
    for (n, v) in [("hint", &mut hint), ("fetch", &mut fetch), ("total", &mut total)] { v.sort(); println!("{n}: p50 {:?} p90 {:?} p99 {:?} max {:?}", v[500], v[900], v[990], v[999]); }
}

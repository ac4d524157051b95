//! Independent pieces of work on all threads, the large ones first.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Applies `work` to every item and returns the results in the order of the items. Items with a larger
/// `cost` begin earlier, so that no long one is left for the end.
///
/// Each thread works in a pool of its own. In one common pool a thread that waits for the end of its
/// simulation would begin somebody else's training meanwhile, and be away for its whole length.
pub(crate) fn parallel<T: Sync, R: Send>(
    items: &[T],
    cost: impl Fn(&T) -> u64,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let threads = rayon::current_num_threads();
    let workers = threads.min(items.len());
    if workers <= 1 {
        return items.iter().map(work).collect();
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&index| (std::cmp::Reverse(cost(&items[index])), index));
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
    let serve = || {
        while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = work(&items[index]);
            results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let pool = rayon::ThreadPoolBuilder::new()
                    .num_threads(threads / workers)
                    .build();
                match pool {
                    Ok(pool) => pool.install(serve),
                    // Without a pool of its own the work is done all the same, in the common one.
                    Err(_) => serve(),
                }
            });
        }
    });
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..100).collect();
        let begun = Mutex::new(Vec::new());
        let squares = parallel(
            &items,
            |&item| item,
            |&item| {
                begun.lock().expect("no thread panics").push(item);
                item * item
            },
        );
        assert_eq!(
            squares,
            items.iter().map(|item| item * item).collect::<Vec<_>>()
        );
        let begun = begun.into_inner().expect("no thread panics");
        assert!(begun[0] > 90, "large items come first: {}", begun[0]);
        assert_eq!(parallel(&[] as &[u64], |_| 0, |_| 0), Vec::<i32>::new());
    }
}

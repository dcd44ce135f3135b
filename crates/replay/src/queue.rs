//! A topic partition with one reader: what was read is gone only when the reader committed.

use std::collections::VecDeque;

/// The queue.
#[derive(Debug)]
pub struct Queue<T> {
    items: VecDeque<T>,
    /// How many of `items` were read since the last commit. Always 0 unless `keeps`.
    read: usize,
    keeps: bool,
}

impl<T: Clone> Queue<T> {
    /// An empty queue; `keeps` if reads may have to be taken back.
    pub fn new(keeps: bool) -> Queue<T> {
        Queue { items: VecDeque::new(), read: 0, keeps }
    }

    /// Appends.
    pub fn push(&mut self, item: T) {
        self.items.push_back(item);
    }

    /// The next item, without reading it.
    pub fn peek(&self) -> Option<&T> {
        self.items.get(self.read)
    }

    /// What comes next, in order, without reading it.
    pub fn upcoming(&self) -> impl Iterator<Item = &T> {
        self.items.iter().skip(self.read)
    }

    /// Reads the next item.
    pub fn read(&mut self) -> Option<T> {
        if self.keeps {
            let item = self.items.get(self.read).cloned()?;
            self.read += 1;
            Some(item)
        } else {
            self.items.pop_front()
        }
    }

    /// What was read is done with.
    pub fn commit(&mut self) {
        self.items.drain(..self.read);
        self.read = 0;
    }

    /// What was read since the last commit was not read.
    pub fn rewind(&mut self) {
        self.read = 0;
    }

    /// How many items wait.
    pub fn waiting(&self) -> usize {
        self.items.len() - self.read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_count_only_once_committed() {
        let mut queue = Queue::new(true);
        (0..4).for_each(|item| queue.push(item));
        assert_eq!((queue.read(), queue.read()), (Some(0), Some(1)));
        queue.rewind();
        assert_eq!(queue.read(), Some(0));
        queue.commit();
        assert_eq!((queue.peek(), queue.waiting()), (Some(&1), 3));
    }
}

// Package journal is the durable, ordered log of frames under disklog: one
// write and one fdatasync make a commit of any number of entries durable
// (spec storage §7.3, §7.4). It knows frames, not what is in them.
//
// Frames go into segment files of a fixed length that are recycled, so that a
// commit overwrites blocks the file system has already given to the file:
// fdatasync then has no metadata to write and takes half as long as on a
// growing file (spec storage §5.1).
//
// # What is promised
//
// A frame that a successful Sync covered is replayed by every later Open, in
// order, until it is released. A frame that none covered is replayed or not;
// if one is, so are all before it. Bytes that were durable once and do not
// read back as written make Open fail with a *storage.CorruptError; only a
// tail that cannot have been acknowledged is dropped silently.
//
// The weakest spot is the newest frame: until a later frame, a Close or the
// next Open promises that it was durable, damage to it cannot be told from a
// torn write.
//
// # Order of writes
//
// The proofs in Open rest on these:
//
//   - A segment's header is written after the file's length, its name and, in
//     the first segment of a life, the frames taken over are durable.
//   - It is written after all frames of the segment before are durable.
//   - The segment before then gets its last frame (FlagLast), durably, and only
//     after that does the new segment get its first one. So a segment that
//     holds anything acknowledged is announced by the one before.
//   - No byte of a segment is written again after an error. An Open never
//     appends to what it finds; it copies the last segment into a fresh one.
package journal

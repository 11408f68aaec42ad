// Aggregates of npm's aws-kinesis-agg and of package aggregation, each read by
// the other. The argument is the program beside this one, built.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import agg from 'aws-kinesis-agg'

// Bytes that are the same in every run.
const bytes = (name, n) => {
  const blocks = []
  for (let i = 0; i * 32 < n; i++) blocks.push(createHash('sha256').update(`${name} ${i}`).digest())
  return Buffer.concat(blocks).subarray(0, n)
}

// The package loses empty data, and sorts keys that look like small numbers.
const cases = [
  [['a', 'hello'], ['a', 'world']],
  [['p1', 'x', '0'.repeat(38) + '1'], ['p1', 'y']],
  [['schlüssel', 'ä'], ['😀', '€'], ['schlüssel', 'ß', '340282366920938463463374607431768211455']],
  Array.from({ length: 3000 }, (_, i) => [`customer-${i % 700}`, bytes(`record ${i}`, 1 + (i % 300)), i % 5 ? undefined : `9${String(i % 90).padStart(37, '0')}`]),
  [['k', bytes('large', 400000)], ['k', bytes('larger', 500000)]]
].map((records) => records.map(([partitionKey, data, explicitHashKey]) => ({ partitionKey, data: Buffer.from(data), explicitHashKey })))

const theirs = cases.map((records) => {
  const a = new agg.RecordAggregator()
  records.forEach((r) => a.addUserRecord(r))
  return a.build().data
})
const input = cases.map((records, i) => JSON.stringify({ records, aggregate: theirs[i] }, (_, v) => (v?.type === 'Buffer' ? Buffer.from(v.data).toString('base64') : v)))
const output = execFileSync(process.argv[2], { input: input.join('\n'), maxBuffer: 1 << 26, stdio: ['pipe', 'pipe', 'inherit'] })
const ours = output.toString().trim().split('\n').map((line) => Buffer.from(line, 'base64'))

assert.equal(ours.length, cases.length)
cases.forEach((records, i) => {
  assert.ok(ours[i].equals(theirs[i]), `case ${i}: the bytes differ`)
  let read, failed
  agg.deaggregateSync({ kinesis: {}, data: ours[i].toString('base64'), sequenceNumber: '1' }, true, (err, got) => { [failed, read] = [err, got] })
  assert.equal(failed, undefined)
  assert.deepEqual(
    // Where there is no explicit hash key the package reports the table's first.
    read.map((r, n) => [r.partitionKey, records[n]?.explicitHashKey && r.explicitPartitionKey, r.data, r.subSequenceNumber]),
    records.map((r, n) => [r.partitionKey, r.explicitHashKey, r.data.toString('base64'), n])
  )
})
console.log(`${cases.length} aggregates, ${cases.flat().length} user records, both ways`)

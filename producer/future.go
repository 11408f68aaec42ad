package producer

import "context"

// Future is the result of a record that is on its way. Its methods may be called
// concurrently, and any number of times.
type Future struct {
	done   chan struct{}
	result Result // until done is closed nobody's but settle's
}

// PutAsync is Enqueue for who asks for the result later, such as in the order in
// which the records came: the KPL's addUserRecord.
func (p *Producer) PutAsync(ctx context.Context, r Record) (*Future, error) {
	f := &Future{done: make(chan struct{})}
	if err := p.Enqueue(ctx, r, f.settle); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *Future) settle(r Result) {
	f.result = r
	close(f.done)
}

// Done is closed when there is a result.
func (f *Future) Done() <-chan struct{} { return f.done }

// Wait waits for the result, and returns its error beside it. When ctx ends first
// the error is ctx's, and the record goes on.
func (f *Future) Wait(ctx context.Context) (Result, error) {
	select {
	case <-f.done:
		return f.result, f.result.Err
	default:
	}
	select {
	case <-f.done:
		return f.result, f.result.Err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// Package multilang runs record processors written in other languages: programs
// that were written for the KCL's MultiLangDaemon, such as those on amazon_kclpy
// for Python and aws-kcl for Node, without Java (spec clients §3.13).
//
// Each shard has a child process of its own. The worker writes messages to the
// child's standard input and reads answers from its standard output, one line of
// JSON each; what the child writes to standard error is logged.
//
//	p, err := multilang.Load("app.properties")
//	if err != nil {
//		return err
//	}
//	s, err := p.Settings()
//	if err != nil {
//		return err
//	}
//	w, err := consumer.New(client, leases, s.Command.Factory(), s.Options...)
//
// The MultiLangDaemon ends when a child dies, does not answer in time, or answers
// what it was not asked. Here only that child is killed, and another one takes
// its place, from the shard's last checkpoint.
package multilang

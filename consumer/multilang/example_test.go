package multilang_test

import (
	"fmt"
	"log"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leat-io/leat/consumer"
	"github.com/leat-io/leat/consumer/memlease"
	"github.com/leat-io/leat/consumer/multilang"
)

// A worker that runs the record processor of a properties file.
func ExampleProperties_Settings() {
	p, err := multilang.Parse(strings.NewReader(`
# as for the MultiLangDaemon
executableName = python3 sample_kclpy_app.py
applicationName = my-application
streamName = orders
`))
	if err != nil {
		log.Fatal(err)
	}
	s, err := p.Settings()
	if err != nil {
		log.Fatal(err)
	}
	client := kinesis.New(kinesis.Options{Region: "us-east-1"})
	w, err := consumer.New(client, memlease.New(), s.Command.Factory(), append(s.Options, consumer.WorkerID("one"))...)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(w.ID(), "of", s.Application, "runs", s.Command.Path, s.Command.Args)
	// Output: one of my-application runs python3 [sample_kclpy_app.py]
}

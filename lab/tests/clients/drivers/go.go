// Calls the runtime of SageMaker with the AWS SDK whenever it is told to, and says how that went.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sagemakerruntime"

	"lane"
)

func main() {
	client := lane.Client()
	if proxy := os.Getenv("LAB_PROXY"); proxy != "" {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		to, _ := url.Parse(proxy)
		transport.Proxy = http.ProxyURL(to)
		client = &http.Client{Transport: transport}
	}
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY")}, nil
	})
	config := aws.Config{Region: os.Getenv("LAB_REGION"), Credentials: keys, RetryMaxAttempts: 1}
	service := sagemakerruntime.NewFromConfig(config, func(o *sagemakerruntime.Options) { o.HTTPClient = client })
	orders := bufio.NewScanner(os.Stdin)
	for orders.Scan() {
		said, err := "", error(nil)
		if orders.Text() == "check" {
			err = lane.Check()
		} else {
			ctx, done := context.WithTimeout(context.Background(), 8*time.Second)
			var answer *sagemakerruntime.InvokeEndpointOutput
			answer, err = service.InvokeEndpoint(ctx, &sagemakerruntime.InvokeEndpointInput{EndpointName: aws.String("e"), Body: []byte("hello")})
			if err == nil {
				said = string(answer.Body)
			}
			done()
		}
		if err != nil {
			fmt.Println("error", strings.Join(strings.Fields(err.Error()), " "))
		} else {
			fmt.Println("ok", said)
		}
	}
}

// Calls the service with Apache HttpClient 4 whenever it is told to, and says how that went: what the SDK's ApacheHttpClient stands on.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import org.apache.http.HttpHost;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.entity.StringEntity;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClientBuilder;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.util.EntityUtils;

public class Driver {
    public static void main(String[] arguments) throws Exception {
        RequestConfig patient = RequestConfig.custom().setConnectTimeout((int) Lane.PATIENCE.toMillis()).setSocketTimeout(8000).build();
        HttpClientBuilder builder = HttpClients.custom().setDefaultRequestConfig(patient).disableAutomaticRetries()
                .evictIdleConnections(Lane.IDLE.toMillis(), TimeUnit.MILLISECONDS);
        String proxy = System.getenv("LAB_PROXY");
        if (proxy == null) builder.setDnsResolver(new Lane());
        else builder.setProxy(new HttpHost(URI.create(proxy).getHost(), URI.create(proxy).getPort()));
        CloseableHttpClient client = builder.build();
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in));
        for (String order; (order = orders.readLine()) != null;) {
            try {
                String said = "used";
                if (order.equals("check")) Lane.check();
                else {
                    HttpPost post = new HttpPost("https://" + System.getenv("LAB_HOST") + "/endpoints/e/invocations");
                    post.setHeader("authorization", "AWS4-HMAC-SHA256 none");
                    post.setEntity(new StringEntity("hello"));
                    try (CloseableHttpResponse answer = client.execute(post)) {
                        said = EntityUtils.toString(answer.getEntity());
                        if (answer.getStatusLine().getStatusCode() != 200) throw new java.io.IOException(said);
                    }
                }
                System.out.println("ok " + said);
            } catch (Exception error) {
                System.out.println("error " + String.valueOf(error).replaceAll("\\s+", " "));
            }
            System.out.flush();
        }
        System.exit(0);
    }
}

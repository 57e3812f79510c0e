// Use the lane @NAME@ from Java (8 or later), with TLS verified. Needs jackson-databind beside the AWS SDK v2.
//
//     SdkHttpClient http = ApacheHttpClient.builder().dnsResolver(new Lane())
//         .connectionTimeout(Lane.PATIENCE).connectionMaxIdleTime(Lane.IDLE).tcpKeepAlive(true)
//         .proxyConfiguration(ProxyConfiguration.builder()
//             .useSystemPropertyValues(false).useEnvironmentVariableValues(false).build())
//         .build();
//     SageMakerRuntimeClient.builder().httpClient(http)...
//
// Only the address that is dialled is new: URL, Host, SNI, certificate check and signature stay the service's own. The client's connections
// get all of the lane's addresses, and it goes on to the next when one does not answer. Another host is an error, not a way around the lane.
//
// When the lane's addresses change: the name to dial is resolved again after 60 s at most, within the pinned addresses (the JVM itself keeps
// answers for 30 s). For a lane that was built anew write `accel outputs SPEC --json` to the file that ACCEL_LANE names: it is read again
// when it changes. Without that file print this one anew.
//
// Lane.check() throws if calls would go around the lane; `java Lane` does the same and exits with 1.
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.http.HttpInetConnection;
import org.apache.http.client.config.RequestConfig;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpGet;
import org.apache.http.client.protocol.HttpClientContext;
import org.apache.http.conn.DnsResolver;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;

public class Lane implements DnsResolver {
    public static final Duration IDLE = Duration.ofSeconds(300); // the load balancer forgets a connection that is idle for 350 s
    public static final Duration PATIENCE = Duration.ofSeconds(1); // until the next address is tried
    private static final String BUILT_IN = @SETTINGS@;

    private static Object stamp;
    private static JsonNode read;
    private static final Map<String, Answer> answers = new ConcurrentHashMap<>();

    private static class Answer {
        List<String> found = new ArrayList<>();
        long until;
    }

    static synchronized JsonNode settings() throws IOException {
        Path path = System.getenv("ACCEL_LANE") == null ? null : Paths.get(System.getenv("ACCEL_LANE"));
        Object now = path == null ? "built in" : Arrays.asList(path, Files.getLastModifiedTime(path), Files.size(path),
                String.valueOf(Files.readAttributes(path, java.nio.file.attribute.BasicFileAttributes.class).fileKey()));
        if (!now.equals(stamp)) {
            try {
                JsonNode found = new ObjectMapper().readTree(path == null ? BUILT_IN : new String(Files.readAllBytes(path), "UTF-8"));
                if (!"accel.lane-outputs.v1".equals(found.path("schema").asText()) || found.path("entries").size() == 0)
                    throw new IOException("not the settings of a lane");
                read = found;
                stamp = now;
            } catch (IOException halfWritten) { // what was read before stays
                if (read == null) throw halfWritten;
            }
        }
        if (read.hasNonNull("expires") && !OffsetDateTime.parse(read.get("expires").asText()).isAfter(OffsetDateTime.now()))
            throw new IOException("the lane's settings expired at " + read.get("expires").asText());
        return read;
    }

    private static JsonNode entry(String host) throws IOException {
        String pattern = "*" + host.substring(Math.max(host.indexOf('.'), 0));
        for (JsonNode entry : settings().path("entries"))
            for (JsonNode name : entry.path("hosts"))
                if (name.asText().equalsIgnoreCase(host) || name.asText().equalsIgnoreCase(pattern)) return entry;
        throw new UnknownHostException(host + " is not in the lane: FIPS, dual-stack or an endpoint URL?");
    }

    /** The lane's addresses for a host: first what its name says now, then the others. */
    @Override
    public InetAddress[] resolve(String host) throws UnknownHostException {
        try {
            JsonNode entry = entry(host);
            Set<String> pinned = new LinkedHashSet<>();
            for (JsonNode address : entry.path("addresses")) pinned.add(address.path("address").asText(address.asText()));
            Set<String> all = new LinkedHashSet<>(resolved(entry.path("dial").asText("")));
            if (!pinned.isEmpty()) all.retainAll(pinned);
            all.addAll(pinned);
            List<InetAddress> found = new ArrayList<>();
            for (String text : all) { // the host stays in the address: TLS asks for it
                byte[] address = InetAddress.getByName(text).getAddress();
                if (address.length == 4 && (entry.path("allow_private").asBoolean() || isPublic(address))) found.add(InetAddress.getByAddress(host, address));
            }
            if (found.isEmpty()) throw new UnknownHostException("no address of the lane is known for " + host);
            return found.toArray(new InetAddress[0]);
        } catch (UnknownHostException error) {
            throw error;
        } catch (IOException error) {
            throw new UnknownHostException(error.getMessage());
        }
    }

    /** Not special-purpose (RFC 6890). */
    private static boolean isPublic(byte[] address) {
        int a = address[0] & 255, b = address[1] & 255;
        return a != 0 && a != 10 && a != 127 && a < 224 && !(a == 100 && b >= 64 && b < 128) && !(a == 169 && b == 254)
                && !(a == 172 && b >= 16 && b < 32) && !(a == 192 && b == 168) && !(a == 198 && (b == 18 || b == 19));
    }

    private static List<String> resolved(String dial) {
        Answer answer = answers.getOrDefault(dial, new Answer());
        if (dial.isEmpty() || System.nanoTime() - answer.until < 0 && answers.containsKey(dial)) return answer.found;
        Answer fresh = new Answer();
        fresh.until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        try {
            for (InetAddress address : InetAddress.getAllByName(dial)) fresh.found.add(address.getHostAddress());
        } catch (UnknownHostException silent) {
            fresh.found = answer.found; // what it said before still stands
        }
        answers.put(dial, fresh);
        return fresh.found;
    }

    /** Throws if calls would go around the lane. */
    public static void check() throws IOException {
        for (String name : new String[] {"AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"})
            if ("true".equalsIgnoreCase(System.getenv(name))) throw new IOException(name + " leads to hosts that are not in the lane");
        for (Map.Entry<String, String> variable : System.getenv().entrySet())
            if (variable.getKey().startsWith("AWS_ENDPOINT_URL")) entry(String.valueOf(URI.create(variable.getValue()).getHost()));
        int tried = 0;
        for (JsonNode entry : settings().path("entries"))
            for (JsonNode host : entry.path("hosts"))
                if (!host.asText().startsWith("*.")) // else no host of its own to try
                    for (JsonNode port : entry.path("ports").size() > 0 ? entry.path("ports") : new ObjectMapper().readTree("[443]")) {
                        check(host.asText(), port.asInt());
                        tried++;
                    }
        if (tried == 0) throw new IOException("the lane names patterns of hosts alone: there is none to check");
    }

    private static void check(String host, int port) throws IOException {
        String direct = System.getenv("no_proxy") != null ? System.getenv("no_proxy") : String.valueOf(System.getenv("NO_PROXY"));
        boolean excepted = Arrays.asList(direct.split("\\s*,\\s*")).contains(host) || direct.equals("*");
        for (String name : new String[] {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
            if (System.getenv(name) != null && !excepted) throw new IOException(name + " leads around the lane: add " + host + " to NO_PROXY");
        if (System.getProperty("https.proxyHost") != null && !Arrays.asList(System.getProperty("http.nonProxyHosts", "").split("\\|")).contains(host))
            throw new IOException("https.proxyHost leads around the lane: add " + host + " to http.nonProxyHosts");
        RequestConfig patient = RequestConfig.custom().setConnectTimeout((int) PATIENCE.toMillis()).setSocketTimeout(10_000).build();
        HttpClientContext context = HttpClientContext.create();
        try (CloseableHttpClient client = HttpClients.custom().setDnsResolver(new Lane()).setDefaultRequestConfig(patient).build();
                CloseableHttpResponse answered = client.execute(new HttpGet("https://" + host + ":" + port + "/ping"), context)) {
            InetAddress dialled = context.getConnection(HttpInetConnection.class).getRemoteAddress();
            for (InetAddress address : new Lane().resolve(host)) if (address.equals(dialled)) return;
            throw new IOException(host + " was dialled at " + dialled + ", which is not the lane's");
        }
    }

    public static void main(String[] arguments) {
        try {
            check();
            System.out.println("lane: used");
        } catch (IOException error) {
            System.err.println("lane: " + error.getMessage());
            System.exit(1);
        }
    }
}

package dev.instar.engine.deploy;

import dev.instar.engine.InvalidRequestException;
import dev.instar.runtime.HandlerConvention;
import dev.instar.runtime.RuntimeKind;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What an OpenFaaS template's name means here.
 *
 * @param runtime language runtime
 * @param convention how the template calls its handler
 */
record OpenFaasLanguage(RuntimeKind runtime, HandlerConvention convention) {
    private static final Pattern NODE = Pattern.compile("node(1[0-9]|2[0-9])(-alpine|-debian)?");
    private static final Map<String, HandlerConvention> PYTHON = Map.of(
            "python", HandlerConvention.OPENFAAS_CLASSIC,
            "python3", HandlerConvention.OPENFAAS_CLASSIC,
            "python3-debian", HandlerConvention.OPENFAAS_CLASSIC,
            "python3-flask", HandlerConvention.OPENFAAS_CLASSIC,
            "python3-flask-debian", HandlerConvention.OPENFAAS_CLASSIC,
            "python3-http", HandlerConvention.OPENFAAS_HTTP,
            "python3-http-debian", HandlerConvention.OPENFAAS_HTTP,
            "python3-http-skeleton", HandlerConvention.OPENFAAS_HTTP);

    /** @throws InvalidRequestException for a language this product does not run, saying what to do instead */
    static OpenFaasLanguage of(String lang) {
        HandlerConvention python = PYTHON.get(lang);
        if (python != null) {
            return new OpenFaasLanguage(RuntimeKind.PYTHON, python);
        }
        if (lang.equals("node")) {
            // Once (context, callback), today (event, context): the shim sees which.
            return new OpenFaasLanguage(RuntimeKind.NODE, HandlerConvention.AUTO);
        }
        if (NODE.matcher(lang).matches()) {
            return new OpenFaasLanguage(RuntimeKind.NODE, HandlerConvention.OPENFAAS_HTTP);
        }
        if (lang.equals("dockerfile")) {
            throw new InvalidRequestException("container images are not built here; put the built program into the "
                    + "handler's folder, leave lang out and name it in fprocess (one process per request), or use "
                    + "instar.yaml with runtime: program and convention: http-server for one that serves HTTP");
        }
        throw new InvalidRequestException(
                "the template \"" + lang + "\" is not known; there are python3, python3-http, "
                        + "python3-flask, python3-debian, node and node10 to node29. A compiled program runs without lang, "
                        + "with its command in fprocess");
    }
}

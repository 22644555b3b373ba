# SPDX-License-Identifier: MIT
# Scenarios with other implementations: scripts that need root; ./run-tests interop runs them.
EXTRA_DIST += testing/interop/README testing/interop/lib-charon.sh testing/interop/lib-certs.sh \
	testing/interop/client/startup-config \
	testing/interop/gateway/startup-config \
	testing/interop/charon-client/README testing/interop/charon-client/run.sh \
	testing/interop/charon-gateway/README testing/interop/charon-gateway/run.sh \
	testing/interop/families-client/README testing/interop/families-client/run.sh \
	testing/interop/families-gateway/README testing/interop/families-gateway/run.sh \
	testing/interop/key-export/README testing/interop/key-export/run.sh \
	testing/interop/certificates/README testing/interop/certificates/run.sh \
	testing/interop/dead-client/README testing/interop/dead-client/run.sh \
	testing/interop/dead-gateway/README testing/interop/dead-gateway/run.sh \
	testing/interop/eap/README testing/interop/eap/run.sh testing/interop/eap/test-eap-md5.c \
	testing/interop/faults/README testing/interop/faults/run.sh \
	testing/interop/fragments/README testing/interop/fragments/run.sh \
	testing/interop/nat-client/README testing/interop/nat-client/run.sh \
	testing/interop/nat-gateway/README testing/interop/nat-gateway/run.sh \
	testing/interop/rekey-client/README testing/interop/rekey-client/run.sh \
	testing/interop/rekey-gateway/README testing/interop/rekey-gateway/run.sh \
	testing/interop/restart-client/README testing/interop/restart-client/run.sh \
	testing/interop/suite-matrix/README testing/interop/suite-matrix/run.sh \
	testing/interop/suite-matrix/plan.py testing/interop/suite-matrix/compare.py

"""Clusters, policies, pools."""

from __future__ import annotations

import datetime

from databricks.sdk.errors import NotFound
from databricks.sdk.service.compute import (
    ClusterSource,
    ListClustersFilterBy,
    State,
)

from sdk.client import SdkCase
from support import IDLE_CLUSTER, RUNNING_CLUSTER, USER

WAIT = datetime.timedelta(minutes=1)


class Clusters(SdkCase):
    """clusters."""

    def _state(self, cluster_id: str) -> State:
        return self.w.clusters.get(cluster_id).state

    def test_list(self) -> None:
        """list shows the clusters with their states"""
        clusters = {one.cluster_id: one for one in self.w.clusters.list()}
        self.assertEqual(clusters[RUNNING_CLUSTER].state, State.RUNNING)
        self.assertEqual(clusters[RUNNING_CLUSTER].creator_user_name, USER)
        self.assertIn(IDLE_CLUSTER, clusters)

    def test_list_filter(self) -> None:
        """list filters by source and state"""
        self.w.clusters.delete(IDLE_CLUSTER).result(timeout=WAIT)
        terms = ListClustersFilterBy(
            cluster_sources=[ClusterSource.UI], cluster_states=[State.RUNNING]
        )
        found = [one.cluster_id for one in self.w.clusters.list(filter_by=terms)]
        self.assertEqual(found, [RUNNING_CLUSTER])

    def test_list_pages(self) -> None:
        """list follows its pages"""
        found = [one.cluster_id for one in self.w.clusters.list(page_size=1)]
        self.assertLessEqual({RUNNING_CLUSTER, IDLE_CLUSTER}, set(found))

    def test_get(self) -> None:
        """get shows version, node type and the Spark context"""
        cluster = self.w.clusters.get(RUNNING_CLUSTER)
        self.assertEqual(cluster.spark_version, "15.4.x-scala2.12")
        self.assertIsInstance(cluster.spark_context_id, int)
        self.assertEqual(cluster.spec.node_type_id, cluster.node_type_id)

    def test_ensure_running(self) -> None:
        """ensure_cluster_is_running starts a terminated cluster and waits for it"""
        self.w.clusters.delete(IDLE_CLUSTER).result(timeout=WAIT)
        self.assertEqual(self._state(IDLE_CLUSTER), State.TERMINATED)
        self.w.clusters.ensure_cluster_is_running(IDLE_CLUSTER)
        self.assertEqual(self._state(IDLE_CLUSTER), State.RUNNING)

    def test_create(self) -> None:
        """create(...).result() waits until the cluster runs; permanent_delete removes it"""
        created = self.w.clusters.create(
            spark_version="15.4.x-scala2.12",
            cluster_name="conformance",
            node_type_id="Standard_DS3_v2",
            num_workers=1,
        ).result(timeout=WAIT)
        self.assertEqual((created.cluster_name, created.state), ("conformance", State.RUNNING))

        self.w.clusters.permanent_delete(created.cluster_id)
        with self.assertRaises(NotFound):
            self.w.clusters.get(created.cluster_id)

    def test_restart(self) -> None:
        """restart(...).result() waits until the cluster runs again"""
        before = self.w.clusters.get(RUNNING_CLUSTER).spark_context_id
        after = self.w.clusters.restart(RUNNING_CLUSTER).result(timeout=WAIT)
        self.assertEqual(after.state, State.RUNNING)
        self.assertNotEqual(after.spark_context_id, before)

    def test_missing(self) -> None:
        """get of an unknown cluster is NotFound"""
        with self.assertRaisesRegex(NotFound, "Cluster nothing does not exist"):
            self.w.clusters.get("nothing")

    def test_select(self) -> None:
        """select_spark_version and select_node_type choose from what is listed"""
        version = self.w.clusters.select_spark_version(long_term_support=True)
        self.assertIn(version, [one.key for one in self.w.clusters.spark_versions().versions])
        self.assertEqual(self.w.clusters.select_node_type(min_cores=8), "Standard_DS4_v2")
        self.assertEqual(self.w.clusters.select_node_type(local_disk=True), "Standard_DS3_v2")


class Rules(SdkCase):
    """What compute may be made of."""

    def test_policies(self) -> None:
        """cluster_policies.list and get show names and definitions"""
        names = [one.name for one in self.w.cluster_policies.list()]
        self.assertIn("Job Compute", names)

    def test_pools(self) -> None:
        """instance_pools.list shows names and node types"""
        pools = {one.instance_pool_name: one for one in self.w.instance_pools.list()}
        self.assertEqual(pools["Pool DS3 v2"].node_type_id, "Standard_DS3_v2")

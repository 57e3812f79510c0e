"""Calls the runtime of SageMaker with boto3 whenever it is told to, and says how that went. Never tries twice: a retry would hide a fault."""
import os, sys
import boto3
from botocore.config import Config

proxy = os.environ.get("LAB_PROXY")
config = Config(retries={"total_max_attempts": 1}, connect_timeout=8, read_timeout=8, proxies={"https": proxy} if proxy else None)
client = boto3.client("sagemaker-runtime", region_name=os.environ["LAB_REGION"], config=config)
if not proxy:
    import lane

    lane.through(client)
for order in sys.stdin:
    try:
        if order.strip() == "check":
            lane.check(client)
            said = "used"
        else:
            said = client.invoke_endpoint(EndpointName="e", Body=b"hello")["Body"].read().decode()
        print("ok", said, flush=True)
    except Exception as error:
        print("error", type(error).__name__, " ".join(str(error).split()), flush=True)

#include "protocol/kernel_work.h"

#include <gtest/gtest.h>

namespace tablewalk::kernel_work_test {
namespace {

using Kind = KernelStep::Kind;

TEST(KernelWork, HasItsStepsInOrder) {
  KernelWork work;
  EXPECT_TRUE(work.done());
  EXPECT_EQ(work.then, KernelWork::Then::Repeat);
  work.compute(Cycles(7));
  work.wait_until(Cycles(90), KernelTask::AwaitRead);
  work.read(PhysicalAddress(0x1000), 64, KernelTask::Handle);
  work.write(PhysicalAddress(0x2000), 128, KernelTask::Handle);
  work.copy(PhysicalAddress(0x3000), PhysicalAddress(0x4000), 4096, KernelTask::CopyPage);
  work.commit(5);
  ASSERT_EQ(work.steps().size(), 6u);
  EXPECT_EQ(work.current().kind, Kind::Compute);
  EXPECT_EQ(work.current().cycles, Cycles(7));
  EXPECT_EQ(work.current().task, KernelTask::Handle);
  work.finish_step();
  EXPECT_EQ(work.current().kind, Kind::WaitUntil);
  EXPECT_EQ(work.current().task, KernelTask::AwaitRead);
  work.finish_step();
  EXPECT_EQ(work.current().kind, Kind::Read);
  EXPECT_EQ(work.current().bytes, 64u);
  work.finish_step();
  EXPECT_EQ(work.current().kind, Kind::Write);
  EXPECT_EQ(work.current().address, PhysicalAddress(0x2000));
  work.finish_step();
  EXPECT_EQ(work.current().kind, Kind::Copy);
  EXPECT_EQ(work.current().from, PhysicalAddress(0x3000));
  EXPECT_EQ(work.current().address, PhysicalAddress(0x4000));
  work.finish_step();
  EXPECT_EQ(work.current().operation, 5u);
  EXPECT_FALSE(work.done());
  work.finish_step();
  EXPECT_TRUE(work.done());
}

TEST(KernelWork, WhatTakesNoTimeIsNoStep) {
  KernelWork work;
  work.compute(Cycles(0));
  work.read(PhysicalAddress(0x1000), 0, KernelTask::Handle);
  work.copy(PhysicalAddress(0x1000), PhysicalAddress(0x2000), 0, KernelTask::CopyPage);
  EXPECT_TRUE(work.steps().empty());
}

TEST(KernelWork, AnInvalidationIsOfOnePageUnlessStatedOtherwise) {
  KernelWork work;
  work.invalidate({Invalidation::Scope::Page, VirtualAddress(0x5000), 2}, true);
  work.invalidate({Invalidation::Scope::Page, VirtualAddress(0x5000), 2}, false, 3, 0x1000);
  EXPECT_TRUE(work.steps()[0].everywhere);
  EXPECT_EQ(work.steps()[0].pages, 1u);
  EXPECT_FALSE(work.steps()[1].everywhere);
  EXPECT_EQ(work.steps()[1].pages, 3u);
  EXPECT_EQ(work.steps()[1].stride, 0x1000u);
  EXPECT_EQ(work.steps()[1].invalidation.asid, 2);
}

TEST(KernelWork, KeepsItsStepsUntilAllAreDone) {
  KernelWork work;
  work.compute(Cycles(1));
  work.finish_step();
  work.compute(Cycles(2));
  EXPECT_EQ(work.steps().size(), 1u) << "the one that is done has gone";
  EXPECT_EQ(work.current().cycles, Cycles(2));
  work.compute(Cycles(3));
  EXPECT_EQ(work.steps().size(), 2u);
  work.then = KernelWork::Then::Kill;
  work.clear();
  EXPECT_TRUE(work.done());
  EXPECT_EQ(work.then, KernelWork::Then::Repeat);
}

}  // namespace
}  // namespace tablewalk::kernel_work_test
